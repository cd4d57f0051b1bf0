// A folder of its own for each test, gone after it.
#ifndef QUAVER_TESTS_IO_TEMP_FOLDER_H_
#define QUAVER_TESTS_IO_TEMP_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace quaver {

class TempFolder : public testing::Test {
 protected:
  TempFolder() {
    std::string pattern = testing::TempDir() + "/quaver-XXXXXX";
    if (const char* made = ::mkdtemp(pattern.data()); made != nullptr) folder_ = made;
  }
  ~TempFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // Names of the files in the folder, temporary ones too.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  static std::string Content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Put(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace quaver

#endif  // QUAVER_TESTS_IO_TEMP_FOLDER_H_
