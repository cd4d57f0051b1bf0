#include "apps/live/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "codec/io/atomic_file.h"

namespace quaver {
namespace {

// For handlers, which get no arguments.
termios before{};
termios raw{};
std::atomic<bool> changed = false;

// TCSANOW and no SIGTTOU: only while the terminal is ours.
bool Foreground() { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

void OnFault(int signal_number) {
  RestoreTerminal();
  RemoveTemporaryFiles();
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

// After Ctrl-Z and fg.
void OnContinue(int) {
  if (changed.load() && Foreground()) ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void Handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal_number, &action, nullptr);
}

std::optional<Key> SingleKey(char c) {
  switch (c) {
    case '+':
    case '=':
      return Key::kUp;
    case '-':
      return Key::kDown;
    case ']':
      return Key::kLossUp;
    case '[':
      return Key::kLossDown;
    case 'b':
      return Key::kBypass;
    case 'm':
      return Key::kMute;
    case 'q':
    case '\x04':
      return Key::kQuit;  // Ctrl-D
    default:
      return std::nullopt;
  }
}

std::optional<Key> ArrowKey(char c) {
  if (c == 'A') return Key::kUp;
  if (c == 'B') return Key::kDown;
  return std::nullopt;
}

}  // namespace

void RestoreTerminal() {
  if (changed.exchange(false)) ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

std::vector<Key> ParseKeys(std::string& text) {
  std::vector<Key> keys;
  size_t at = 0;
  const auto add = [&](std::optional<Key> key) {
    if (key) keys.push_back(*key);
  };
  while (at < text.size()) {
    if (text[at] != '\x1b') {
      add(SingleKey(text[at++]));
      continue;
    }
    if (text.size() - at < 3) break;  // ESC [ A, or ESC O A in a terminal's application mode
    const bool sequence = text[at + 1] == '[' || text[at + 1] == 'O';
    if (sequence) add(ArrowKey(text[at + 2]));
    at += sequence ? 3 : 1;
  }
  text.erase(0, at);
  return keys;
}

RawTerminal::RawTerminal() {
  if (::isatty(STDIN_FILENO) != 1 || !Foreground() || ::tcgetattr(STDIN_FILENO, &before) != 0) return;
  raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  static const int registered = std::atexit(RestoreTerminal);
  if (registered != 0) return;
  for (const int fault : {SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) Handle(fault, OnFault);
  Handle(SIGCONT, OnContinue);
  changed.store(true);
  active_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

RawTerminal::~RawTerminal() { RestoreTerminal(); }

std::vector<Key> RawTerminal::Keys() {
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  while (active_ && Foreground() && ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
    std::array<char, 64> bytes;
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count <= 0) break;
    text_.append(bytes.data(), static_cast<size_t>(count));
  }
  return ParseKeys(text_);
}

int TerminalWidth() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace quaver
