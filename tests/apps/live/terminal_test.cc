// `quaver live` on a terminal: keys are heard, and the terminal is as before however the program ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "apps/cli/bitrate.h"
#include "codec/codec.h"
#include "tests/io/temp_folder.h"
#include "tests/io/wav_bytes.h"

namespace quaver {
namespace {

// The program on a terminal of its own, with a file as the microphone and no loudspeaker. The file lasts for
// hours: however slow the machine is, only a key or a signal ends the program.
class LiveTerminal : public TempFolder {
 protected:
  void SetUp() override {
    constexpr uint32_t kBytes = 2 * 16000 * 3600 * 10;
    const std::string header = WavHeader<int16_t>(kBytes, 16000, 1);
    Put(Path("silence.wav"), header);
    std::filesystem::resize_file(Path("silence.wav"), header.size() + kBytes);  // takes no room
    ASSERT_EQ(openpty(&master_, &slave_, nullptr, nullptr, nullptr), 0);
    ASSERT_EQ(tcgetattr(slave_, &before_), 0);
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) Become();
  }

  void TearDown() override {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    close(master_);
    close(slave_);
  }

  [[noreturn]] void Become() const {
    login_tty(slave_);
    // A job under nohup has some of them ignored.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) signal(number, SIG_DFL);
    execl(QUAVER_PROGRAM, "quaver", "live", "--input-file", Path("silence.wav").c_str(), "--no-output",
          nullptr);
    _exit(127);
  }

  // Reads what the program shows until `text` comes. False: it ended before.
  bool WaitFor(const std::string& text) {
    while (shown_.find(text) == std::string::npos) {
      if (Read(100) || waitpid(child_, &status_, WNOHANG) == 0) continue;
      child_ = -1;
      while (Read(0)) {
      }
      return shown_.find(text) != std::string::npos;
    }
    return true;
  }

  bool Read(int milliseconds) {
    pollfd ready{master_, POLLIN, 0};
    char bytes[4096];
    if (poll(&ready, 1, milliseconds) != 1) return false;
    const ssize_t count = read(master_, bytes, sizeof(bytes));
    if (count > 0) shown_.append(bytes, static_cast<size_t>(count));
    return count > 0;
  }

  void Press(const std::string& keys) {
    ASSERT_EQ(write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  bool AsBefore() const {
    termios now{};
    return tcgetattr(slave_, &now) == 0 && now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag &&
           now.c_oflag == before_.c_oflag;
  }

  int master_ = -1;
  int slave_ = -1;
  pid_t child_ = -1;
  int status_ = -1;  // once it has ended
  termios before_{};
  std::string shown_;
};

TEST_F(LiveTerminal, KeysAreHeard) {
  const int n_q = TokensFor("3k", *Model::BuiltIn().value()).value();  // the default
  const auto tokens = [](int count) { return " " + std::to_string(count) + " of "; };
  ASSERT_TRUE(WaitFor(tokens(n_q))) << shown_;
  EXPECT_FALSE(AsBefore());
  Press("\x1b[A+b]");
  EXPECT_TRUE(WaitFor("BYPASS")) << shown_;
  EXPECT_TRUE(WaitFor(tokens(n_q + 2))) << shown_;
  EXPECT_TRUE(WaitFor("loss 1 %")) << shown_;
  Press("m-");
  EXPECT_TRUE(WaitFor("MUTED")) << shown_;
  EXPECT_TRUE(WaitFor(tokens(n_q + 1))) << shown_;
  Press("q");
  EXPECT_TRUE(WaitFor("time of a packet")) << shown_;  // the report
  EXPECT_FALSE(WaitFor("\x01"));                       // to its end
  EXPECT_EQ(status_, 0);
  EXPECT_TRUE(AsBefore());
}

class LiveTerminalSignal : public LiveTerminal, public testing::WithParamInterface<int> {};

TEST_P(LiveTerminalSignal, LeavesTheTerminalAsItWas) {
  ASSERT_TRUE(WaitFor("q quit")) << shown_;
  EXPECT_FALSE(AsBefore());
  kill(child_, GetParam());
  EXPECT_FALSE(WaitFor("\x01"));  // to its end
  EXPECT_TRUE(AsBefore());
  const bool clean = GetParam() == SIGINT || GetParam() == SIGTERM || GetParam() == SIGHUP;
  EXPECT_EQ(clean, WIFEXITED(status_) && WEXITSTATUS(status_) == 0) << status_;
  EXPECT_EQ(clean, shown_.find("time of a packet") != std::string::npos) << shown_;
}

INSTANTIATE_TEST_SUITE_P(Every, LiveTerminalSignal,
                         testing::Values(SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT));

}  // namespace
}  // namespace quaver
