// Folders are told apart by device and inode, so that links in a circle end. Links to folders wait until all
// real folders have been walked: what lies in the tree keeps its own name, whatever order the disk gives.
#include "codec/io/folder_walk.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace quaver {
namespace {

namespace fs = std::filesystem;

using Identity = std::pair<dev_t, ino_t>;

std::optional<Identity> IdentityOf(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

class Walker {
 public:
  Walker(const std::string& folder, const std::string& leave_out,
         const std::function<bool(const std::string&)>& wanted)
      : root_(folder), wanted_(wanted) {
    if (!leave_out.empty()) left_out_ = IdentityOf(leave_out);
    if (left_out_ == IdentityOf(root_)) left_out_.reset();
    // A link to a folder above the root leads back to the root as well.
    std::error_code error;
    for (fs::path above = fs::canonical(root_, error); above.has_relative_path();) {
      above = above.parent_path();
      if (const auto identity = IdentityOf(above)) met_.insert(*identity);
    }
  }

  FolderWalk Walk() {
    folders_.push_back("");
    while (!folders_.empty() || !links_.empty()) {
      const bool link = folders_.empty();
      std::deque<std::string>& next = link ? links_ : folders_;
      const std::string folder = std::move(next.front());
      next.pop_front();
      Enter(folder, link);
    }
    std::ranges::sort(found_.files);
    return std::move(found_);
  }

 private:
  std::string Path(const std::string& below) const {
    return below.empty() ? root_.string() : (root_ / below).string();
  }

  void Enter(const std::string& folder, bool link) {
    const std::string path = Path(folder);
    const auto identity = IdentityOf(path);
    if (identity && identity == left_out_) return;
    if (identity && !met_.insert(*identity).second) {
      if (link) found_.links_back.push_back(path);
      return;
    }
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      entries.push_back(*it);
    }
    if (error) found_.problems.push_back({path, error.message()});
    std::ranges::sort(entries, {}, &fs::directory_entry::path);
    for (const fs::directory_entry& entry : entries) Take(folder, entry);
  }

  void Take(const std::string& folder, const fs::directory_entry& entry) {
    std::error_code error;
    const bool link = entry.is_symlink(error);
    const std::string name = entry.path().filename().string();
    const std::string below = folder.empty() ? name : folder + "/" + name;
    if (entry.is_directory(error)) {
      (link ? links_ : folders_).push_back(below);
    } else if (entry.is_regular_file(error)) {
      if (!wanted_ || wanted_(Path(below))) found_.files.push_back(below);
    } else if (error && (!link || !wanted_ || wanted_(Path(below)))) {
      found_.problems.push_back({Path(below), link ? "a link that leads nowhere" : error.message()});
    }
  }

  const fs::path root_;
  const std::function<bool(const std::string&)>& wanted_;
  std::optional<Identity> left_out_;
  std::set<Identity> met_;
  std::deque<std::string> folders_;  // below the root, still to be walked
  std::deque<std::string> links_;
  FolderWalk found_;
};

}  // namespace

FolderWalk WalkFolder(const std::string& folder, const std::string& leave_out,
                      const std::function<bool(const std::string&)>& wanted) {
  return Walker(folder, leave_out, wanted).Walk();
}

}  // namespace quaver
