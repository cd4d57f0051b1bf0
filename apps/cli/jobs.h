// From the names on the command line to pairs of input and output, and through them with several threads.
#ifndef QUAVER_APPS_CLI_JOBS_H_
#define QUAVER_APPS_CLI_JOBS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "apps/cli/console.h"
#include "apps/cli/inputs.h"
#include "codec/status.h"

namespace quaver {

// "-" is a standard stream.
struct Job {
  std::string in;
  std::string out;
  std::string format;  // the extension that decides the format: one of OutputFormats::extensions, lower case
  size_t place = 0;    // among all inputs of the command, also those that need no job
  bool in_tree = false;  // the folder of `out` may have to be made
};

struct OutputFormats {
  std::vector<std::string> extensions;  // ".qvr", ...: those that a name may end in; the first is the default
  std::string wanted;                   // one of them, for outputs without a name of their own; or empty
  bool any_name = false;                // a name of an output may end in anything
};

// `out` is a file, a folder (it is one, or ends in '/', or `batch` is true, or there are several inputs) or
// empty: beside the input, and standard output for standard input. Errors are those of usage: no input, an
// unknown extension, two inputs with one output, an output that is its own input. An input that is named
// twice counts once. The folder `out` is created if anything is to go into it. The format of each output is
// decided here and nowhere else.
Result<std::vector<Job>> PlanJobs(const std::vector<Input>& inputs, bool batch, const std::string& out,
                                  const OutputFormats& formats);

// An error if writing to `out` would overwrite something without `force`, or fill a terminal with bytes.
Status CheckOutput(const std::string& out, bool force);

// Calls `run(job, its number)`, which gives an exit code, for every job, `threads` at a time (0: as many as
// there are cores), and gives the worst exit code. Once a signal has asked for the end no further job begins,
// and the exit code is that of the signal.
int RunJobs(const std::vector<Job>& jobs, int threads, Console& console,
            const std::function<int(const Job&, size_t)>& run);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_JOBS_H_
