// What the tests of installed libraries share: a folder to install into, the environment of a user, a clip.
#ifndef QUAVER_TESTS_INSTALL_INSTALLED_H_
#define QUAVER_TESTS_INSTALL_INSTALLED_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/install/shell.h"
#include "tests/runtime/signals.h"

namespace quaver {

// Whether a text or a binary holds the absolute path of a folder: "/quaver/apps" names /quaver, and
// "share/quaver/models" does not.
inline bool NamesFolder(std::string_view bytes, std::string_view folder) {
  const auto in_a_name = [](char c) {
    return ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') ||
           std::string_view("._-").find(c) != std::string_view::npos;
  };
  for (size_t at = bytes.find(folder); at != std::string_view::npos; at = bytes.find(folder, at + 1)) {
    const std::string_view before = bytes.substr(0, at);
    const std::string_view after = bytes.substr(at + folder.size());
    const bool begins =
        before.empty() || !in_a_name(before.back()) || before.ends_with("-I") || before.ends_with("-L");
    if (begins && (after.empty() || !in_a_name(after.front()))) return true;
  }
  return false;
}

class InstalledTest : public testing::Test {
 protected:
  static constexpr size_t kFrame = 320;
  static constexpr int kTokens = 6;
  static inline const std::string kSamples = QUAVER_SOURCE_DIR "/samples";
  static inline const std::string kFlags = QUAVER_SANITIZER_FLAGS;  // those that the library was built with

  static void SetUpTestSuite() { scratch_ = std::make_unique<ScratchFolder>(); }
  static void TearDownTestSuite() { scratch_.reset(); }

  static std::string Folder(const std::string& name) { return *scratch_ / name; }
  static std::string Prefix() { return Folder("moved"); }
  static std::string Library() { return Prefix() + "/" QUAVER_LIBDIR; }

  static void Install(const std::string& component, const std::string& folder) {
    const auto run = Shell(CMAKE_PROGRAM " --install '" QUAVER_BINARY_DIR "' --component " + component +
                           " --prefix '" + Folder(folder) + "'");
    ASSERT_EQ(run.code, 0) << run.out;
  }

  // Neither the folders that the libraries were made in, nor files that only the source tree has.
  static void ExpectNothingNamesTheSources() {
    ExpectNoFileNamesThem(/*binaries=*/false);
#ifndef QUAVER_NAMES_ITS_SOURCES  // the checks of LibTorch and of the sanitizers name source files
    const auto stripped =
        Shell("find '" + Prefix() + "' -name 'lib*.a' -exec strip --strip-debug {} +; find '" + Prefix() +
              "' -name 'lib*.so.*' -type f -exec strip --strip-debug {} +");
    EXPECT_EQ(stripped.code, 0) << stripped.out;
    ExpectNoFileNamesThem(/*binaries=*/true);
#endif
    const auto paths =
        Shell("grep -rnE '\\b(apps|bench|codec|docs|samples|tests)/' '" + Prefix() + "/include'");
    EXPECT_EQ(paths.code, 1) << paths.out;
  }

  // Environment of a user: compilers, the sanitizers that the library was built with, where pkg-config looks.
  static ShellRun Run(const std::string& line) {
    return Shell("CC='" QUAVER_CC "' CXX='" QUAVER_CXX "' CFLAGS='" + kFlags + "' CXXFLAGS='" + kFlags +
                 "' PKG_CONFIG_PATH='" + Library() + "/pkgconfig' LD_LIBRARY_PATH='" + Library() +
                 "'; export CC CXX CFLAGS CXXFLAGS PKG_CONFIG_PATH LD_LIBRARY_PATH\n" + line);
  }

  // With nothing but our own .pc files; `archive`: what --static asks for besides.
  static void ExpectPkgConfigAlone(const std::string& package, const std::vector<std::string>& archive) {
    const std::string ask =
        "PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR='" + Library() + "/pkgconfig' pkg-config --cflags --libs ";
    const auto shared = Shell(ask + package), all = Shell(ask + "--static " + package);
    EXPECT_EQ(shared.code, 0) << shared.out;
    EXPECT_EQ(all.code, 0) << all.out;
    EXPECT_NE(shared.out.find("-l" + package), std::string::npos) << shared.out;
    for (const std::string& library : archive) {
      EXPECT_EQ(shared.out.find(library), std::string::npos) << shared.out;
      EXPECT_NE(all.out.find(library), std::string::npos) << all.out;
    }
  }

  static std::vector<int16_t> Clip(size_t samples) {
    std::vector<int16_t> pcm;
    for (const float sample : Speech("en-vctk-p243.flac", samples))
      pcm.push_back(static_cast<int16_t>(std::lrint(sample * 32768.0f)));
    return pcm;
  }

  static std::string AsBytes(std::span<const int16_t> pcm) {
    return {reinterpret_cast<const char*>(pcm.data()), pcm.size_bytes()};
  }

 private:
  static void ExpectNoFileNamesThem(bool binaries) {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(Prefix())) {
      if (!entry.is_regular_file()) continue;
      const std::string bytes = FileText(entry.path());
      if (!binaries && bytes.find('\0') != std::string::npos) continue;
      ++files;
      for (const char* folder : {QUAVER_SOURCE_DIR, QUAVER_BINARY_DIR})
        EXPECT_FALSE(NamesFolder(bytes, folder)) << entry.path() << " names " << folder;
    }
    EXPECT_GT(files, 0);
  }

  static inline std::unique_ptr<ScratchFolder> scratch_;
};

}  // namespace quaver

#endif  // QUAVER_TESTS_INSTALL_INSTALLED_H_
