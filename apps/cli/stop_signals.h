// Ctrl-C and its like: the first asks for an end in good order, a second one ends the program at once.
#ifndef QUAVER_APPS_CLI_STOP_SIGNALS_H_
#define QUAVER_APPS_CLI_STOP_SIGNALS_H_

#include <string>
#include <vector>

#include "codec/status.h"

namespace quaver {

struct StopSignals {
  std::vector<int> numbers;          // those that are ignored (nohup) stay ignored
  void (*before_abort)() = nullptr;  // async-signal-safe: called before a second signal ends the program
  const char* hint = nullptr;        // a line that the first one prints if stderr is a terminal
};

// From now on the first of these signals is a RequestStop() (codec/io/stop_request.h). The second removes
// temporary files and ends the program.
Status CatchStopSignals(const StopSignals& signals);

// "SIGINT"; of the signal that asked for the end.
std::string StopSignalName();

// What a command ends with: 128 + the number of the signal that asked for its end, or `code` if none did.
int StopExitCode(int code);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_STOP_SIGNALS_H_
