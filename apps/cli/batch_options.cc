#include "apps/cli/batch_options.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include "apps/cli/exit_codes.h"
#include "apps/cli/stop_signals.h"

namespace quaver {
namespace {

// ".wav or .flac"; without dots: "wav or flac".
std::string Listed(const std::vector<std::string>& extensions, bool dots) {
  std::string list;
  for (size_t i = 0; i < extensions.size(); ++i) {
    if (i > 0) list += i + 1 == extensions.size() ? " or " : ", ";
    list += dots ? extensions[i] : extensions[i].substr(1);
  }
  return list;
}

}  // namespace

void DeclareBatch(CommandLine& line, const BatchFormats& formats, BatchOptions& options) {
  const auto& extensions = formats.extensions;
  const std::string& first = extensions.front();
  line.options().add_options()  //
      ("o,output",
       "File, or folder for several inputs; " + Listed(extensions, true) +
           " decides the format; - is standard output (default: beside the input, " + first + ")",
       cxxopts::value(options.out), "OUT")  //
      ("format",
       Listed(extensions, false) + ", if the name of the output does not say (default: " + first.substr(1) +
           ")",
       cxxopts::value(options.format), "F")  //
      ("files-from", "Further inputs, one a line in the file LIST; - is standard input",
       cxxopts::value(options.inputs.files_from), "LIST")  //
      ("null", "Names in LIST end in a zero byte instead, as find -print0 writes them",
       cxxopts::value(options.inputs.null))  //
      ("base", "Keep the paths that inputs have below DIR in the folder of the outputs",
       cxxopts::value(options.inputs.base), "DIR")  //
      ("jobs", "Inputs processed at the same time (default: one a core)", cxxopts::value(options.jobs),
       "N")                                                                   //
      ("force", "Overwrite existing outputs", cxxopts::value(options.force))  //
      ("skip-existing", "Leave out inputs whose output is there already: it is whole",
       cxxopts::value(options.skip_existing))  //
      ("quiet", "No progress bar, no notes; errors and damage are still reported",
       cxxopts::value(options.quiet));
}

std::string CheckBatch(const CommandLine& line, const BatchFormats& formats, const BatchOptions& options) {
  const auto& extensions = formats.extensions;
  const bool list = line.Has("files-from");
  if (line.positional().empty() && !list) return "no input";
  if (list && options.inputs.files_from.empty()) return "--files-from needs the name of a file";
  if (line.Has("null") && !list) return "--null needs --files-from";
  if (line.Has("base") && options.out.empty()) return "--base needs -o and a folder";
  if (line.Has("jobs") && options.jobs < 1) return "--jobs must be at least 1";
  if (options.force && options.skip_existing) return "give --force or --skip-existing, not both";
  const bool known = std::ranges::find(extensions, "." + options.format) != extensions.end();
  if (line.Has("format") && !known) return "--format must be " + Listed(extensions, false);
  return "";
}

Result<FileBatch> PlanBatch(const CommandLine& line, const BatchFormats& formats,
                            const BatchOptions& options) {
  auto inputs = FindInputs(line.positional(), options.inputs, formats.from, options.out);
  if (!inputs.ok()) return inputs.error();
  const OutputFormats outputs = {formats.extensions, options.format.empty() ? "" : "." + options.format,
                                 formats.any_name};
  const bool tree = inputs.value().batch || line.Has("base");
  auto jobs = PlanJobs(inputs.value().list, tree, options.out, outputs);
  if (!jobs.ok()) return jobs.error();
  FileBatch batch;
  batch.jobs = std::move(jobs).value();
  batch.failures = std::move(inputs.value().failures);
  batch.notes = std::move(inputs.value().notes);
  if (options.skip_existing && options.own_outputs) {
    batch.skipped = std::erase_if(batch.jobs, [](const Job& job) {
      std::error_code error;
      return job.out != "-" && std::filesystem::is_regular_file(job.out, error);
    });
  }
  return batch;
}

int RunBatch(const FileBatch& batch, const BatchOptions& options, Console& console,
             const std::function<int(const Job&, size_t)>& run) {
  const Status caught = CatchStopSignals(
      {.numbers = {SIGINT, SIGTERM}, .hint = "\nfinishing what is under way; again to abort\n"});
  if (!caught.ok()) console.Error(caught.message());
  for (const std::string& note : batch.notes) console.Warning(note);
  for (const std::string& failure : batch.failures) console.Error(failure);
  std::atomic<size_t> done = 0;
  std::atomic<size_t> damaged = 0;
  int code = RunJobs(batch.jobs, options.jobs, console, [&](const Job& job, size_t number) {
    const int result = run(job, number);
    if (result == kExitOk || result == kExitDamaged) ++done;
    if (result == kExitDamaged) ++damaged;
    return result;
  });
  if (!batch.failures.empty()) code = WorseExit(code, kExitFailed);
  const size_t failed = batch.jobs.size() - done + batch.failures.size();
  if (batch.jobs.size() + batch.skipped + batch.failures.size() < 2) return code;
  std::string summary = std::to_string(done) + " done";
  if (damaged > 0) summary += " (" + std::to_string(damaged) + " of them damaged)";
  console.Warning(summary + ", " + std::to_string(batch.skipped) + " skipped, " + std::to_string(failed) +
                  " failed");
  return code;
}

}  // namespace quaver
