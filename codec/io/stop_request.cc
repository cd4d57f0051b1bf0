// A flag alone would be too late for a read that has begun, and a signal that comes between the look at the
// flag and the read would be missed. So the handler also writes a byte into a pipe that nobody empties, and
// every wait for input waits for that pipe too.
#include "codec/io/stop_request.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace quaver {
namespace {

constexpr int64_t kLateInputMs = 1000;

std::array<int, 2> wake = {-1, -1};
std::atomic<int> stop_signal{0};
std::atomic<int64_t> stop_time{0};  // ms
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);

int64_t Now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{1000} * now.tv_sec + now.tv_nsec / 1000000;
}

}  // namespace

Status EnableStopRequests() {
  if (wake[0] >= 0) return {};
  if (::pipe2(wake.data(), O_CLOEXEC | O_NONBLOCK) == 0) return {};
  return Error{std::string("no pipe for signals: ") + std::strerror(errno)};
}

bool RequestStop(int signal_number) noexcept {
  const int64_t now = Now();
  int64_t none = 0;
  stop_time.compare_exchange_strong(none, now);
  int before = 0;
  if (!stop_signal.compare_exchange_strong(before, signal_number)) return false;
  const int error = errno;
  if (wake[1] >= 0 && ::write(wake[1], "", 1) < 0) { /* a full pipe wakes as well */
  }
  errno = error;
  return true;
}

int StopRequested() noexcept { return stop_signal.load(); }

bool AwaitInput(int fd) noexcept {
  if (wake[0] < 0) return true;  // nobody asks
  for (;;) {
    const bool stopping = StopRequested() != 0;
    const int64_t left = stopping ? stop_time.load() + kLateInputMs - Now() : -1;
    if (stopping && left <= 0) return false;
    std::array<pollfd, 2> inputs = {{{fd, POLLIN, 0}, {wake[0], POLLIN, 0}}};
    const int ready = ::poll(inputs.data(), stopping ? 1 : 2, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return true;  // the read will say what is wrong
    if (ready > 0 && inputs[0].revents != 0) return true;
  }
}

}  // namespace quaver
