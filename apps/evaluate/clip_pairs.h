// References and what was decoded of them, matched by name.
#ifndef QUAVER_APPS_EVALUATE_CLIP_PAIRS_H_
#define QUAVER_APPS_EVALUATE_CLIP_PAIRS_H_

#include <map>
#include <string>
#include <vector>

#include "codec/status.h"

namespace quaver {

struct ClipFiles {
  std::string reference;
  std::string decoded;
};

struct ClipPairing {
  std::vector<ClipFiles> clips;        // in the order of their names
  std::vector<std::string> unmatched;  // references without a decoded file
};

// The sound files of a folder: name without the extension -> path. An error: two of the same name.
Result<std::map<std::string, std::string>> ListClips(const std::string& folder);

// Two files, or two folders whose sound files are matched by their names without the extension. Errors: one
// of each, nothing to match, two files of one folder with the same stem.
Result<ClipPairing> PairClips(const std::string& reference, const std::string& decoded);

}  // namespace quaver

#endif  // QUAVER_APPS_EVALUATE_CLIP_PAIRS_H_
