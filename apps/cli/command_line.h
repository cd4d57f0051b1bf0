// What the command lines of all subcommands have in common.
#ifndef QUAVER_APPS_CLI_COMMAND_LINE_H_
#define QUAVER_APPS_CLI_COMMAND_LINE_H_

// Values of options that may be repeated hold commas, as names of files do: only the end of a value ends it.
#define CXXOPTS_VECTOR_DELIMITER '\0'
#include <cxxopts.hpp>
#include <optional>
#include <string>
#include <vector>

namespace quaver {

struct CommandText {
  std::string name;        // "encode"
  std::string about;       // what it does, whole sentences
  std::string positional;  // "IN..."
  std::string examples;    // lines, each beginning with two spaces
};

class CommandLine {
 public:
  explicit CommandLine(CommandText text);

  cxxopts::Options& options() { return options_; }
  // Reads the command line. A value means that the command is over (--help, or an error that has been
  // reported): exit with it.
  std::optional<int> Parse(int argc, char** argv);
  bool Has(const std::string& option) const { return parsed_.count(option) > 0; }
  const std::vector<std::string>& positional() const { return parsed_.unmatched(); }

  // Reports an error of usage and returns the exit code for it.
  int UsageError(const std::string& message) const;

 private:
  CommandText text_;
  cxxopts::Options options_;
  cxxopts::ParseResult parsed_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_COMMAND_LINE_H_
