// Keeps what libraries print out of the terminal: ALSA and JACK comment at length on every device that they
// look for and that is not there.
#ifndef QUAVER_CODEC_DEVICE_QUIET_STDERR_H_
#define QUAVER_CODEC_DEVICE_QUIET_STDERR_H_

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace quaver {

// Standard error goes nowhere while this exists. For the main thread, for short.
class QuietStderr {
 public:
  QuietStderr() : saved_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::fflush(stderr);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (saved_ >= 0 && nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0) ::close(nowhere);
  }
  ~QuietStderr() {
    if (saved_ < 0) return;
    std::fflush(stderr);
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }
  QuietStderr(const QuietStderr&) = delete;
  QuietStderr& operator=(const QuietStderr&) = delete;

 private:
  int saved_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_QUIET_STDERR_H_
