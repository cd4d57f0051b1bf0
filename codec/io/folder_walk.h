// The files of a folder and of all folders below it.
#ifndef QUAVER_CODEC_IO_FOLDER_WALK_H_
#define QUAVER_CODEC_IO_FOLDER_WALK_H_

#include <functional>
#include <string>
#include <vector>

namespace quaver {

struct WalkProblem {
  std::string path;
  std::string cause;
};

struct FolderWalk {
  // Paths below the folder, with '/' between folders; sorted. Files, and links to files; no devices or pipes.
  std::vector<std::string> files;
  // Folders that cannot be read, and links to nothing.
  std::vector<WalkProblem> problems;
  // Links that were not followed: to folders that were met under another name, or that hold the whole tree.
  std::vector<std::string> links_back;
};

// Every folder is met once, however many links lead to it; one that lies in the tree is met at its own place.
// The folder `leave_out` is not entered, if it lies below `folder`. `wanted`, if given, gets the path of each
// file and says whether it is to be listed.
FolderWalk WalkFolder(const std::string& folder, const std::string& leave_out = "",
                      const std::function<bool(const std::string&)>& wanted = {});

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_FOLDER_WALK_H_
