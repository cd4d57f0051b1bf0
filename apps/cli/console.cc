#include "apps/cli/console.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "apps/cli/printable.h"

namespace quaver {

Console::Console(std::string command, bool quiet)
    : command_(std::move(command)), quiet_(quiet), talkative_(!quiet && isatty(STDERR_FILENO) == 1) {}

Console::~Console() { Wipe(); }

void Console::Wipe() {
  if (bar_drawn_) std::fputs("\r\033[K", stderr);
  bar_drawn_ = false;
}

void Console::Error(const std::string& message) {
  const std::lock_guard lock(mutex_);
  Wipe();
  std::fprintf(stderr, "quaver %s: %s\n", command_.c_str(), PrintableMessage(message).c_str());
}

void Console::Warning(const std::string& message) {
  if (!quiet_) Error(message);
}

void Console::Note(const std::string& message) {
  if (talkative_) Print(message);
}

void Console::Print(const std::string& line) {
  const std::lock_guard lock(mutex_);
  Wipe();
  std::fprintf(stderr, "%s\n", PrintableMessage(line).c_str());
}

void Console::Bar(const std::string& bar) {
  if (!talkative_) return;
  const std::lock_guard lock(mutex_);
  Wipe();
  std::fputs(Printable(bar).c_str(), stderr);
  std::fflush(stderr);
  bar_drawn_ = true;
}

}  // namespace quaver
