// The options of commands that turn several inputs into as many outputs, and the run through them.
#ifndef QUAVER_APPS_CLI_BATCH_OPTIONS_H_
#define QUAVER_APPS_CLI_BATCH_OPTIONS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/jobs.h"
#include "codec/io/atomic_file.h"

namespace quaver {

// What a file may be replaced by: --force.
constexpr Existing ExistingFor(bool force) { return force ? Existing::kReplace : Existing::kRefuse; }

struct BatchOptions {
  std::string out;     // a file, a folder, "-" or empty
  std::string format;  // "qvr", ...; empty: the name of the output says
  int jobs = 0;        // 0: one a core
  bool force = false;
  bool quiet = false;

  Existing existing() const { return ExistingFor(force); }
};

// Adds --output, --format, --jobs, --force and --quiet. `extensions` (".qvr", ...) are those that an output
// may have; the first is the default.
void DeclareBatch(CommandLine& line, const std::vector<std::string>& extensions, BatchOptions& options);

// An error of usage, or "".
std::string CheckBatch(const CommandLine& line, const std::vector<std::string>& extensions,
                       const BatchOptions& options);

// The jobs that the command line asks for. It makes the folder of the output: call it after all other checks.
Result<std::vector<Job>> PlanBatch(const CommandLine& line, const std::vector<std::string>& extensions,
                                   const BatchOptions& options);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_BATCH_OPTIONS_H_
