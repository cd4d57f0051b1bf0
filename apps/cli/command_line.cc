#include "apps/cli/command_line.h"

#include <cstddef>
#include <cstdio>
#include <exception>
#include <utility>

#include "apps/cli/exit_codes.h"
#include "apps/cli/printable.h"

namespace quaver {

namespace {

// cxxopts says which value it could not read, in quotation marks that differ between its versions, but not of
// which option.
std::string ParseProblem(const std::string& said, const std::vector<std::string>& arguments) {
  if (said.find("failed to parse") == std::string::npos) return said;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("--")) continue;
    const size_t equals = argument.find('=');
    const bool own = equals != std::string::npos;
    if (!own && i + 1 == arguments.size()) continue;
    const std::string value = own ? argument.substr(equals + 1) : arguments[i + 1];
    if (said.find(cxxopts::LQUOTE + value + cxxopts::RQUOTE) != std::string::npos)
      return argument.substr(0, equals) + " " + value + ": is no number that this option takes";
  }
  return said;
}

}  // namespace

CommandLine::CommandLine(CommandText text)
    : text_(std::move(text)), options_("quaver " + text_.name, text_.about + "\n") {
  options_.custom_help(text_.positional.empty() ? "[options]" : text_.positional + " [options]");
  options_.set_width(100);
  options_.add_options()("h,help", "Print this text and end");
}

std::optional<int> CommandLine::Parse(int argc, char** argv) {
  try {
    parsed_ = options_.parse(argc, argv);
  } catch (const std::exception& error) {  // the name of cxxopts' own class differs between 3.0 and 3.1
    return UsageError(ParseProblem(error.what(), std::vector<std::string>(argv + 1, argv + argc)));
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
