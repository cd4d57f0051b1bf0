// Folders of the tests of the trainer: for those that can do without LibTorch.
#ifndef QUAVER_TESTS_TRAIN_FOLDER_H_
#define QUAVER_TESTS_TRAIN_FOLDER_H_

#include <unistd.h>

#include <filesystem>
#include <string>

namespace quaver {

inline std::string Samples() { return QUAVER_SOURCE_DIR "/samples"; }

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string str() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_FOLDER_H_
