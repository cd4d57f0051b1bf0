// The library as other programs meet it: installed, moved, found by CMake and by pkg-config, shared and
// static.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/quaver.h"
#include "tests/install/installed.h"
#include "tests/install/symbols.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr size_t kClip = 24000;  // samples of a second and a half of speech, whole frames

class InstallTest : public InstalledTest {
 protected:
  static void SetUpTestSuite() {
    InstalledTest::SetUpTestSuite();
    for (const char* component : {"runtime", "development"}) Install(component, "installed");
    fs::rename(Folder("installed"), Prefix());  // nothing may remember where it was
  }

  // What the library gives inside this process, the whole clip in one call.
  static std::string Expected(const std::vector<int16_t>& pcm) {
    const auto model = Model::BuiltIn();
    EXPECT_TRUE(model.ok()) << model.message();
    if (!model.ok()) return {};
    std::vector<uint16_t> tokens(pcm.size() / kFrame * kTokens);
    std::vector<int16_t> heard(pcm.size());
    EXPECT_EQ(Encoder(model.value()).EncodePcm16(pcm, kTokens, tokens), pcm.size() / kFrame);
    EXPECT_TRUE(Decoder(model.value()).DecodePcm16(tokens, kTokens, heard));
    return AsBytes(heard);
  }

  // Runs an example on the clip; it must say what the library says.
  static void ExpectSpeechThrough(const std::string& program) {
    static const std::vector<int16_t> clip = Clip(kClip);
    static const std::string expected = Expected(clip);
    std::ofstream(Folder("clip.raw"), std::ios::binary) << AsBytes(clip);
    const auto run = Run("'" + program + "' < '" + Folder("clip.raw") + "' > '" + Folder("heard.raw") + "'");
    ASSERT_EQ(run.code, 0) << run.out;
    ASSERT_EQ(expected.size(), clip.size() * sizeof(int16_t));
    EXPECT_TRUE(FileText(Folder("heard.raw")) == expected) << program;
  }
};

// All of models/ but the weights that are built in: what is shipped there is found by its name.
TEST_F(InstallTest, TheProgramBringsItsModels) {
  const auto run = Shell(CMAKE_PROGRAM " --install '" QUAVER_BINARY_DIR "' --component program --prefix '" +
                         Folder("program") + "'");
  ASSERT_EQ(run.code, 0) << run.out;
  std::set<std::string> expected, installed;
  for (const auto& entry : fs::directory_iterator(QUAVER_SOURCE_DIR "/models")) {
    const std::string kind = entry.path().extension();
    if (kind == ".safetensors" || kind == ".json" || kind == ".md") expected.insert(entry.path().filename());
  }
  expected.erase(fs::path(QUAVER_BUILTIN_MODEL).filename());
  ASSERT_FALSE(expected.empty());
  for (const auto& entry : fs::directory_iterator(Folder("program/share/quaver/models")))
    installed.insert(entry.path().filename());
  EXPECT_EQ(installed, expected);
}

TEST(NamesFolder, TakesWholeAbsolutePathsAlone) {
  for (const char* text : {"/src/q", "-I/src/q/include", "x=/src/q:y", "file:///src/q", "\"/src/q/a.cc\""})
    EXPECT_TRUE(NamesFolder(text, "/src/q")) << text;
  for (const char* text : {"share/src/q", "/src/quaver", "/src/q-2", "/usr/src/q.txt"})
    EXPECT_FALSE(NamesFolder(text, "/src/q")) << text;
}

// Otherwise anybody who can create that folder could plant a model in it, and packages would not be
// reproducible.
TEST_F(InstallTest, TheProgramDoesNotKnowTheFolderItWasBuiltIn) {
  const auto run =
      Shell(CMAKE_PROGRAM " --install '" QUAVER_BINARY_DIR "' --component program --strip --prefix '" +
            Folder("elsewhere") + "'");
  ASSERT_EQ(run.code, 0) << run.out;
  const std::string program = Folder("elsewhere/bin/quaver");
  // A trainer built here finds LibTorch by the path that installing takes out.
  const auto looked =
      Shell("LD_LIBRARY_PATH='" QUAVER_LIBTORCH "' '" + program + "' encode --model nobody x.wav");
  EXPECT_NE(looked.out.find("/share/quaver/models/nobody.safetensors"), std::string::npos) << looked.out;
  EXPECT_FALSE(NamesFolder(looked.out, QUAVER_SOURCE_DIR)) << looked.out;
  const std::string bytes = FileText(program);
  ASSERT_FALSE(bytes.empty());
#ifndef QUAVER_NAMES_ITS_SOURCES  // the checks of LibTorch and of the sanitizers name source files
  EXPECT_FALSE(NamesFolder(bytes, QUAVER_SOURCE_DIR));
#endif
}

TEST_F(InstallTest, TheSharedLibraryExportsWhatTheHeadersMarkAndNothingElse) {
  const auto declared = AllDeclared(Prefix() + "/include/quaver");
  EXPECT_TRUE(declared.contains("quaver_encode") && declared.contains("quaver::Model::~Model"));
  EXPECT_EQ(Exported(Library() + "/libquaver.so"), declared);
}

TEST_F(InstallTest, TheSharedLibraryNeedsNoLibraryOfFilesDevicesOrTraining) {
  const Dynamic dynamic = DynamicOf(Library() + "/libquaver.so");
  const std::set<std::string> allowed = {"libhwy", "libmd", "libstdc", "libm",     "libgcc_s",
                                         "libc",   "ld",    "libasan", "libubsan", "libtsan"};
  EXPECT_TRUE(std::includes(allowed.begin(), allowed.end(), dynamic.needed.begin(), dynamic.needed.end()))
      << testing::PrintToString(dynamic.needed);
  EXPECT_EQ(dynamic.soname, "libquaver.so." + std::to_string(QUAVER_ABI));
}

TEST_F(InstallTest, HeadersStandAlone) {
  const auto compile = [](const std::string& compiler, const std::string& header) {
    const auto run = Run(compiler + " -I'" + Prefix() + "/include' -include '" + header +
                         "' -Wall -Wextra -pedantic -Werror -fsyntax-only /dev/null");
    EXPECT_EQ(run.code, 0) << run.out;
  };
  for (const char* header : {"quaver/quaver.h", "quaver/rtp.h"}) {
    compile("$CC -x c -std=c99", header);
    compile("$CXX -x c++ -std=c++11", header);
  }
  for (const auto& entry : fs::recursive_directory_iterator(Prefix() + "/include")) {
    if (entry.is_regular_file()) compile("$CXX -x c++ -std=c++20", entry.path().string());
  }
}

TEST_F(InstallTest, NothingNamesTheSources) { ExpectNothingNamesTheSources(); }

TEST_F(InstallTest, CMakeFindsItSharedAndStatic) {
  const std::string build = Folder("build");
  const auto made = Run("'" CMAKE_PROGRAM "' -S '" QUAVER_SOURCE_DIR "/tests/install/consumer' -B '" + build +
                        "' -DEXAMPLES='" + kSamples + "' -DCMAKE_PREFIX_PATH='" + Prefix() +
                        "' && '" CMAKE_PROGRAM "' --build '" + build + "'");
  ASSERT_EQ(made.code, 0) << made.out;
  for (const std::string name : {"c_quaver", "c_quaver_static", "cc_quaver", "cc_quaver_static"}) {
    ExpectSpeechThrough(build + "/" + name);
    const auto every = Run("'" + build + "/every_" + name + "' < '" + Folder("clip.raw") + "'");
    EXPECT_EQ(every.code, 0) << every.out;
  }
}

// The programs that CMakeFindsItSharedAndStatic runs leave out no function.
TEST_F(InstallTest, EveryPublicFunctionIsCalledThroughTheInstalledLibrary) {
  const std::string consumer = QUAVER_SOURCE_DIR "/tests/install/consumer/every_call";
  const std::string in_c = FileText(consumer + ".c"), in_cc = FileText(consumer + ".cc");
  for (const std::string& name : AllDeclared(Prefix() + "/include/quaver")) {
    const std::string last = name.substr(name.find_last_of(':') + 1);
    if (last.starts_with("~") || last == "operator=") continue;  // no call names them
    const bool called =
        std::regex_search(name == last ? in_c : in_cc, std::regex("\\b" + last + "\\b[^;]*[({]"));
    EXPECT_TRUE(called) << name;
  }
}

// On a machine that has no other .pc file: what the archive needs is asked for only with --static.
TEST_F(InstallTest, PkgConfigNeedsNoOtherPackage) { ExpectPkgConfigAlone("quaver", {"-lhwy", "-lmd"}); }

TEST_F(InstallTest, PkgConfigFindsItSharedAndStatic) {
  const std::string shared = "$(pkg-config --cflags --libs quaver)";
  const std::string archive =
      "$(pkg-config --static --cflags --libs quaver | sed s/-lquaver/-l:libquaver.a/)";
  for (const std::string& compile : {"$CC $CFLAGS '" + kSamples + "/voice_channel.c' ",
                                     "$CXX $CXXFLAGS -std=c++20 '" + kSamples + "/voice_channel.cc' "}) {
    for (const std::string& libraries : {shared, archive}) {
      const auto run = Run(compile + libraries + " -o '" + Folder("example") + "'");
      ASSERT_EQ(run.code, 0) << run.out;
      ExpectSpeechThrough(Folder("example"));
      const auto needs =
          Shell("readelf -d '" + Folder("example") + "'").out.find("libquaver.so") != std::string::npos;
      EXPECT_EQ(needs, libraries == shared);
    }
  }
}

}  // namespace
}  // namespace quaver
