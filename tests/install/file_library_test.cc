// libquaver-file as other programs meet it: installed beside libquaver, moved, found by CMake and by
// pkg-config, shared and static.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/container/qvr.h"
#include "codec/quaver.h"
#include "tests/install/installed.h"
#include "tests/install/symbols.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

// Samples of a second and a half of speech and a bit: the last packet is not full.
constexpr size_t kClip = 24123;

class FileLibraryTest : public InstalledTest {
 protected:
  static void SetUpTestSuite() {
    InstalledTest::SetUpTestSuite();
    for (const char* component : {"runtime", "development"}) Install(component, "core");
    for (const char* component : {"file_runtime", "file_development"}) Install(component, "file");
    fs::copy(Folder("core"), Folder("made"), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    for (const char* component : {"file_runtime", "file_development"}) Install(component, "made");
    fs::rename(Folder("made"), Prefix());  // nothing may remember where it was
  }

  // What the library gives inside this process, without the delay and as long as the clip.
  static std::string Expected(std::vector<int16_t> pcm) {
    const auto model = Model::BuiltIn();
    EXPECT_TRUE(model.ok()) << model.message();
    if (!model.ok()) return {};
    const size_t samples = pcm.size(), delay = static_cast<size_t>(model.value()->delay());
    const size_t frames = (samples + delay + kFrame - 1) / kFrame;
    pcm.resize(frames * kFrame);
    std::vector<uint16_t> tokens(frames * kTokens);
    std::vector<int16_t> heard(pcm.size());
    EXPECT_EQ(Encoder(model.value()).EncodePcm16(pcm, kTokens, tokens), frames);
    EXPECT_TRUE(Decoder(model.value()).DecodePcm16(tokens, kTokens, heard));
    return AsBytes(std::span(heard).subspan(delay, samples));
  }

  // The stream in the file: of the built-in model, whole, and as long as the clip.
  static void ExpectStream(const std::string& path, size_t samples) {
    std::ifstream file(path, std::ios::binary);
    auto reader = QvrReader::Open(
        [&file](std::span<uint8_t> bytes) {
          file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
          return static_cast<int64_t>(file.gcount());
        },
        path);
    ASSERT_TRUE(reader.ok()) << reader.message();
    EXPECT_EQ(reader.value().header().model, Model::BuiltIn().value()->identity());
    auto event = reader.value().Next();
    while (event.ok() && event.value().kind == QvrEvent::kPacket) event = reader.value().Next();
    ASSERT_TRUE(event.ok()) << event.message();
    EXPECT_EQ(event.value().kind, QvrEvent::kEnd);
    EXPECT_EQ(event.value().original_samples, static_cast<int64_t>(samples));
    EXPECT_TRUE(reader.value().damage().empty());
  }

  // Runs the example on the clip.
  static void ExpectSpeechThrough(const std::string& program) {
    static const std::vector<int16_t> clip = Clip(kClip);
    static const std::string expected = Expected(clip);
    std::ofstream(Folder("clip.raw"), std::ios::binary) << AsBytes(clip);
    const auto run = Run("'" + program + "' '" + Folder("talk.qvr") + "' < '" + Folder("clip.raw") + "' > '" +
                         Folder("heard.raw") + "'");
    ASSERT_EQ(run.code, 0) << run.out;
    EXPECT_EQ(run.out, "");
    ASSERT_EQ(expected.size(), clip.size() * sizeof(int16_t));
    EXPECT_TRUE(FileText(Folder("heard.raw")) == expected) << program;
    ExpectStream(Folder("talk.qvr"), clip.size());
  }

  static bool Needs(const std::string& program, const std::string& library) {
    return Shell("readelf -dW '" + program + "'").out.find("[" + library) != std::string::npos;
  }
};

TEST_F(FileLibraryTest, ExportsWhatItsHeadersMarkAndNothingElse) {
  const auto declared = AllDeclared(Folder("file") + "/include/quaver");
  EXPECT_TRUE(declared.contains("quaver_file_reader_next") && declared.contains("quaver::QvrWriter::Finish"));
  EXPECT_EQ(Exported(Library() + "/libquaver-file.so"), declared);
}

TEST_F(FileLibraryTest, NeedsLibquaverAndLibogg) {
  Dynamic dynamic = DynamicOf(Library() + "/libquaver-file.so");
  for (const char* runtime : {"libstdc", "libm", "libgcc_s", "libc", "ld", "libasan", "libubsan", "libtsan"})
    dynamic.needed.erase(runtime);
  EXPECT_EQ(dynamic.needed, (std::set<std::string>{"libquaver", "libogg"}));
  EXPECT_EQ(dynamic.soname, "libquaver-file.so." + std::to_string(QUAVER_ABI));
}

TEST_F(FileLibraryTest, HeadersStandAlone) {
  const auto compile = [](const std::string& compiler, const std::string& header) {
    const auto run = Run(compiler + " -I'" + Prefix() + "/include' -include '" + header +
                         "' -Wall -Wextra -pedantic -Werror -fsyntax-only /dev/null");
    EXPECT_EQ(run.code, 0) << run.out;
  };
  compile("$CC -x c -std=c99", "quaver/quaver_file.h");
  compile("$CXX -x c++ -std=c++11", "quaver/quaver_file.h");
  for (const char* header : {"quaver/quaver_file.h", "quaver/container/qvr.h", "quaver/byte_stream.h"})
    compile("$CXX -x c++ -std=c++20", header);
}

TEST_F(FileLibraryTest, NothingNamesTheSources) { ExpectNothingNamesTheSources(); }

TEST_F(FileLibraryTest, CMakeFindsItSharedAndStatic) {
  const std::string build = Folder("build");
  const auto made = Run("'" CMAKE_PROGRAM "' -S '" QUAVER_SOURCE_DIR "/tests/install/file_consumer' -B '" +
                        build + "' -DEXAMPLES='" + kSamples + "' -DCMAKE_PREFIX_PATH='" + Prefix() +
                        "' && '" CMAKE_PROGRAM "' --build '" + build + "'");
  ASSERT_EQ(made.code, 0) << made.out;
  for (const char* name : {"quaver_file", "quaver_file_static"}) {
    const std::string program = build + "/example_" + name;
    ExpectSpeechThrough(program);
    EXPECT_EQ(Needs(program, "libquaver-file"), name == std::string("quaver_file"));
    ExpectStream(Folder("talk.qvr"), kClip);
    const auto copied = Run("'" + build + "/copy_" + name + "' < '" + Folder("talk.qvr") + "' > '" +
                            Folder("copy.qvr") + "'");
    EXPECT_EQ(copied.code, 0) << copied.out;
    EXPECT_TRUE(FileText(Folder("copy.qvr")) == FileText(Folder("talk.qvr")));
  }
}

// Where it is not installed, those who ask for it get an error, and the others need nothing of it.
TEST_F(FileLibraryTest, CMakeNeedsItOnlyForThoseWhoAsk) {
  const auto configure = [](const std::string& consumer) {
    return Run("'" CMAKE_PROGRAM "' -S '" QUAVER_SOURCE_DIR "/tests/install/" + consumer + "' -B '" +
               Folder(consumer + "_core") + "' -DEXAMPLES='" + kSamples + "' -DCMAKE_PREFIX_PATH='" +
               Folder("core") + "'");
  };
  EXPECT_EQ(configure("consumer").code, 0);
  const auto refused = configure("file_consumer");
  EXPECT_NE(refused.code, 0);
  EXPECT_NE(refused.out.find("file"), std::string::npos) << refused.out;
}

TEST_F(FileLibraryTest, PkgConfigNeedsNoOtherPackage) {
  ExpectPkgConfigAlone("quaver-file", {"-logg", "-lhwy", "-lmd"});
}

TEST_F(FileLibraryTest, PkgConfigFindsItSharedAndStatic) {
  const std::string shared = "$(pkg-config --cflags --libs quaver-file)";
  const std::string archive =
      "$(pkg-config --static --cflags --libs quaver-file | sed -E "
      "'s/-lquaver(-file)?( |$)/-l:libquaver\\1.a\\2/g')";
  const std::string program = Folder("example");
  for (const std::string& libraries : {shared, archive}) {
    const auto run = Run("$CC $CFLAGS -std=c99 -Wall -Wextra -Wpedantic -Werror '" + kSamples +
                         "/qvr_file.c' " + libraries + " -o '" + program + "'");
    ASSERT_EQ(run.code, 0) << run.out;
    ExpectSpeechThrough(program);
    EXPECT_EQ(Needs(program, "libquaver-file"), libraries == shared);
    EXPECT_EQ(Needs(program, "libquaver.so"), libraries == shared);
  }
}

// A full disk, no argument, no such folder: a message and an exit status, not a file that looks whole.
TEST_F(FileLibraryTest, TheExampleReportsItsErrors) {
  const std::string program = Folder("example_errors");
  const auto made = Run("$CC $CFLAGS '" + kSamples +
                        "/qvr_file.c' $(pkg-config --cflags --libs quaver-file) -o '" + program + "'");
  ASSERT_EQ(made.code, 0) << made.out;
  const auto usage = Run("'" + program + "' < /dev/null");
  EXPECT_EQ(usage.code, 1);
  EXPECT_NE(usage.out.find("usage"), std::string::npos) << usage.out;
  const auto nowhere = Run("'" + program + "' '" + Folder("none/talk.qvr") + "' < /dev/null");
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_NE(nowhere.out.find("No such file"), std::string::npos) << nowhere.out;
  if (fs::exists("/dev/full")) {
    const auto full = Run("head -c 64000 /dev/zero | '" + program + "' /dev/full");
    EXPECT_EQ(full.code, 1);
    EXPECT_NE(full.out, "");
  }
}

}  // namespace
}  // namespace quaver
