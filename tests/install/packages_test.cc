// The Debian packages: made, unpacked into a folder, and used from there.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "codec/quaver.h"
#include "tests/install/shell.h"

namespace quaver {
namespace {

const std::string kClip = QUAVER_SOURCE_DIR "/samples/en-vctk-p228.flac";
const std::string kVersion = QUAVER_PROJECT_VERSION;
const std::string kAbi = std::to_string(QUAVER_ABI);
const std::string kLibrary = "libquaver" + kAbi;
const std::string kFileLibrary = "libquaver-file" + kAbi;

class PackagesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<ScratchFolder>();
    const auto made =
        Shell("cd '" QUAVER_BINARY_DIR "' && '" CPACK_PROGRAM "' -B '" + *scratch_ / "made" + "'");
    ASSERT_EQ(made.code, 0) << made.out;
  }
  static void TearDownTestSuite() { scratch_.reset(); }

  static std::string Package(const std::string& name) {
    return "\"$(ls '" + *scratch_ / "made" + "'/" + name + "_" + kVersion + "_*.deb)\"";
  }
  static std::string Depends(const std::string& name) {
    return Shell("dpkg-deb -f " + Package(name) + " Depends").out;
  }
  static void Unpack(const std::string& name) {
    const auto run = Shell("dpkg-deb -x " + Package(name) + " '" + *scratch_ / "root" + "'");
    ASSERT_EQ(run.code, 0) << run.out;
  }
  // Runs a line where the unpacked folder's programs and libraries come first.
  static ShellRun Run(const std::string& line) {
    const std::string usr = *scratch_ / "root/usr", library = usr + "/" QUAVER_LIBDIR;
    return Shell("cd '" + *scratch_ / "root" + "'; PATH='" + usr + "/bin':\"$PATH\" LD_LIBRARY_PATH='" +
                 library + "' PKG_CONFIG_PATH='" + library +
                 "/pkgconfig'; export PATH LD_LIBRARY_PATH PKG_CONFIG_PATH\n" + line);
  }

  static inline std::unique_ptr<ScratchFolder> scratch_;
};

TEST_F(PackagesTest, NameWhatTheyNeed) {
  EXPECT_NE(Depends("quaver").find("libsndfile1"), std::string::npos);
  EXPECT_NE(Depends(kLibrary).find("libhwy1"), std::string::npos);
  for (const char* other : {"libsndfile", "libsoxr", "libogg", "portaudio"})
    EXPECT_EQ(Depends(kLibrary).find(other), std::string::npos) << other;
  EXPECT_NE(Depends("libquaver-dev").find(kLibrary + " (= " + kVersion + ")"), std::string::npos);
  EXPECT_NE(Depends(kFileLibrary).find("libogg0"), std::string::npos);
  EXPECT_NE(Depends(kFileLibrary).find(kLibrary + " (= " + kVersion + ")"), std::string::npos);
  for (const std::string& needed :
       {kFileLibrary + " (= " + kVersion + ")", "libquaver-dev (= " + kVersion + ")"})
    EXPECT_NE(Depends("libquaver-file-dev").find(needed), std::string::npos) << needed;
  EXPECT_EQ(Depends("libquaver-dev").find("libogg"), std::string::npos);
  EXPECT_NE(
      Shell("dpkg-deb -I " + Package(kLibrary) + " shlibs").out.find("libquaver " + kAbi + " " + kLibrary),
      std::string::npos);
}

TEST_F(PackagesTest, TheProgramRuns) {
  Unpack("quaver");
  EXPECT_NE(Run("quaver --version").out.find("quaver " + kVersion), std::string::npos);
  const auto coded =
      Run("quaver encode '" + kClip + "' -o t.qvr && quaver decode t.qvr -o t.wav && quaver evaluate '" +
          kClip + "' t.wav");
  EXPECT_EQ(coded.code, 0) << coded.out;
}

#ifdef QUAVER_HARDENED
TEST_F(PackagesTest, TheirBinariesAreHardened) {
  for (const std::string& name : {std::string("quaver"), kLibrary, kFileLibrary}) Unpack(name);
  const auto run = Run("'" QUAVER_SOURCE_DIR
                       "/tests/install/hardened.sh' usr/bin/quaver $(find usr -name '*.so.*' -type f)");
  EXPECT_EQ(run.code, 0) << run.out;
}
#endif

TEST_F(PackagesTest, ProgramsBuildWithThem) {
  Unpack(kLibrary);
  Unpack("libquaver-dev");
  const auto run = Run(
      "cc usr/share/doc/quaver/examples/voice_channel.c $(pkg-config --cflags --libs quaver) -o channel &&"
      " head -c 64000 /dev/zero | ./channel | wc -c");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(std::atoi(run.out.c_str()), 64000) << run.out;
}

TEST_F(PackagesTest, ProgramsThatReadQvrFilesBuildWithThem) {
  for (const std::string& name :
       {kLibrary, std::string("libquaver-dev"), kFileLibrary, std::string("libquaver-file-dev")})
    Unpack(name);
  const auto run = Run(
      "cc usr/share/doc/quaver/examples/qvr_file.c $(pkg-config --cflags --libs quaver-file) -o qvr_file &&"
      " head -c 64000 /dev/zero | ./qvr_file t.qvr | wc -c");
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(std::atoi(run.out.c_str()), 64000) << run.out;
}

#ifdef QUAVER_GSTREAMER
TEST_F(PackagesTest, TheGStreamerPluginIsFound) {
  const std::string depends = Depends("gstreamer1.0-quaver");
  for (const std::string& needed : {kLibrary + " (= " + kVersion + ")", std::string("libgstreamer1.0-0"),
                                    std::string("gstreamer1.0-plugins-good")})
    EXPECT_NE(depends.find(needed), std::string::npos) << needed;
  Unpack(kLibrary);
  Unpack("gstreamer1.0-quaver");
  const auto run = Run("GST_REGISTRY=$PWD/registry GST_PLUGIN_PATH=$PWD/usr/" QUAVER_LIBDIR
                       "/gstreamer-1.0 gst-inspect-1.0 quaverdec && quaver-call --help");
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_NE(run.out.find("use-redundancy"), std::string::npos) << run.out;
}
#endif

}  // namespace
}  // namespace quaver
