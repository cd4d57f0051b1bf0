#include "apps/cli/command_line.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "apps/cli/exit_codes.h"
#include "apps/cli/printable.h"

namespace quaver {

CommandLine::CommandLine(CommandText text)
    : text_(std::move(text)), options_("quaver " + text_.name, text_.about + "\n") {
  options_.custom_help(text_.positional + " [options]");
  options_.set_width(100);
  options_.add_options()("h,help", "Print this text and end");
}

std::optional<int> CommandLine::Parse(int argc, char** argv) {
  try {
    parsed_ = options_.parse(argc, argv);
  } catch (const std::exception& error) {  // the name of cxxopts' own class differs between 3.0 and 3.1
    return UsageError(error.what());
  }
  if (!Has("help")) return std::nullopt;
  std::printf("%s\nExamples:\n%s", options_.help().c_str(), text_.examples.c_str());
  return kExitOk;
}

int CommandLine::UsageError(const std::string& message) const {
  std::fprintf(stderr, "quaver %s: %s\nTry: quaver %s --help\n", text_.name.c_str(),
               PrintableMessage(message).c_str(), text_.name.c_str());
  return kExitUsage;
}

}  // namespace quaver
