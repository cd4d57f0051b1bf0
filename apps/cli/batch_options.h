// The options of commands that turn several inputs into as many outputs, and the run through them.
#ifndef QUAVER_APPS_CLI_BATCH_OPTIONS_H_
#define QUAVER_APPS_CLI_BATCH_OPTIONS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/file_kinds.h"
#include "apps/cli/inputs.h"
#include "apps/cli/jobs.h"
#include "codec/io/atomic_file.h"

namespace quaver {

// What a file may be replaced by: --force.
constexpr Existing ExistingFor(bool force) { return force ? Existing::kReplace : Existing::kRefuse; }

struct BatchOptions {
  std::string out;     // a file, a folder, "-" or empty
  std::string format;  // "qvr", ...; empty: the name of the output says
  InputOptions inputs;
  int jobs = 0;  // 0: one a core
  bool force = false;
  bool skip_existing = false;
  bool own_outputs = true;  // a job has one output, that of its name; else whoever runs it skips what exists
  bool quiet = false;

  Existing existing() const { return ExistingFor(force); }
};

// What a command turns into what.
struct BatchFormats {
  FileKind from;  // what is looked for in folders
  std::vector<std::string>
      extensions;         // ".qvr", ...: those that an output may have; the first is the default
  bool any_name = false;  // OutputFormats::any_name
};

struct FileBatch {
  std::vector<Job> jobs;
  size_t skipped = 0;                 // inputs whose output is there already
  std::vector<std::string> failures;  // what of the inputs could not be found, for people
  std::vector<std::string> notes;
};

// Adds --output, --format, --files-from, --null, --base, --jobs, --force, --skip-existing and --quiet.
void DeclareBatch(CommandLine& line, const BatchFormats& formats, BatchOptions& options);

// An error of usage, or "".
std::string CheckBatch(const CommandLine& line, const BatchFormats& formats, const BatchOptions& options);

// The jobs that the command line asks for. It walks folders and makes the folder of the output: call it after
// all other checks.
Result<FileBatch> PlanBatch(const CommandLine& line, const BatchFormats& formats,
                            const BatchOptions& options);

// RunJobs() for all that is to be done; from now on Ctrl-C ends the input first (stop_signals.h). Tells what
// was passed over and what failed and, of several inputs, how many were done. Gives the exit code of the
// command.
int RunBatch(const FileBatch& batch, const BatchOptions& options, Console& console,
             const std::function<int(const Job&, size_t)>& run);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_BATCH_OPTIONS_H_
