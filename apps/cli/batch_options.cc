#include "apps/cli/batch_options.h"

#include <algorithm>

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

void DeclareBatch(CommandLine& line, const std::vector<std::string>& extensions, BatchOptions& options) {
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
      ("jobs", "Inputs processed at the same time (default: one a core)", cxxopts::value(options.jobs),
       "N")                                                                   //
      ("force", "Overwrite existing outputs", cxxopts::value(options.force))  //
      ("quiet", "No progress bar, no notes; errors and damage are still reported",
       cxxopts::value(options.quiet));
}

std::string CheckBatch(const CommandLine& line, const std::vector<std::string>& extensions,
                       const BatchOptions& options) {
  if (line.positional().empty()) return "no input";
  if (line.Has("jobs") && options.jobs < 1) return "--jobs must be at least 1";
  const bool known = std::ranges::find(extensions, "." + options.format) != extensions.end();
  if (line.Has("format") && !known) return "--format must be " + Listed(extensions, false);
  return "";
}

Result<std::vector<Job>> PlanBatch(const CommandLine& line, const std::vector<std::string>& extensions,
                                   const BatchOptions& options) {
  const OutputFormats formats = {extensions, options.format.empty() ? "" : "." + options.format};
  return PlanJobs(line.positional(), options.out, formats);
}

}  // namespace quaver
