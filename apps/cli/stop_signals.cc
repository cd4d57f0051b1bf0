#include "apps/cli/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "codec/io/atomic_file.h"
#include "codec/io/ffmpeg_process.h"
#include "codec/io/stop_request.h"

namespace quaver {
namespace {

// For the handler, which gets no arguments.
void (*abort_hook)() = nullptr;
const char* hint_text = nullptr;

void OnStopSignal(int number) {
  const int error = errno;
  if (RequestStop(number)) {
    if (hint_text != nullptr && ::write(STDERR_FILENO, hint_text, std::strlen(hint_text)) < 0) { /* no hint */
    }
    errno = error;
    return;
  }
  if (abort_hook != nullptr) abort_hook();
  internal::EndFfmpegProcesses();
  RemoveTemporaryFiles();
  ::signal(number, SIG_DFL);
  ::raise(number);  // delivered when this handler returns
}

}  // namespace

Status CatchStopSignals(const StopSignals& signals) {
  if (Status status = EnableStopRequests(); !status.ok()) return status;
  abort_hook = signals.before_abort;
  hint_text = ::isatty(STDERR_FILENO) == 1 ? signals.hint : nullptr;
  for (const int number : signals.numbers) {
    struct sigaction old {};
    if (::sigaction(number, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = OnStopSignal;
    action.sa_flags = 0;  // no SA_RESTART: open() of a named pipe that nobody writes to has to end
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
  return {};
}

std::string StopSignalName() {
  switch (StopRequested()) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "signal " + std::to_string(StopRequested());
  }
}

int StopExitCode(int code) { return StopRequested() == 0 ? code : 128 + StopRequested(); }

}  // namespace quaver
