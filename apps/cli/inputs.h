// The inputs of a batch: files and folders that the command line or a list names.
#ifndef QUAVER_APPS_CLI_INPUTS_H_
#define QUAVER_APPS_CLI_INPUTS_H_

#include <string>
#include <vector>

#include "apps/cli/file_kinds.h"
#include "codec/status.h"

namespace quaver {

struct Input {
  std::string path;  // "-" is standard input
  std::string name;  // where it belongs below the folder of the outputs
};

struct InputOptions {
  std::string files_from;  // a file of names, "-" for standard input, or empty
  bool null = false;       // names in it end in zero bytes, not in line ends
  std::string base;        // files keep their paths below this folder; empty: their names alone
};

struct Inputs {
  std::vector<Input> list;
  bool batch = false;                 // more than what is named on the command line: a folder or a list
  std::vector<std::string> failures;  // what could not be read, for people
  std::vector<std::string> notes;     // what was passed over
};

// Files are taken as they are named, whether they are there or not. Folders stand for all files of `kind`
// below them, at the same paths; files of other kinds and the folder `out` are passed over. Errors are those
// of usage: a list that cannot be read or names nothing, a file that does not lie below the base.
Result<Inputs> FindInputs(const std::vector<std::string>& named, const InputOptions& options, FileKind kind,
                          const std::string& out);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_INPUTS_H_
