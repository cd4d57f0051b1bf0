// This program embeds a built-in model of its own: the tiny model of seed 99, called "tiny-built-in".
#include "codec/model/find.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "codec/model/safetensors.h"
#include "tests/model/random_weights.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

struct Made {
  std::vector<uint8_t> bytes;
  Identity identity{};
};

Made TinyModel(const std::string& name, uint64_t seed, Config config = TinyConfig()) {
  config.name = name;
  Weights weights = RandomWeights(config, seed);
  auto bytes = SerializeWeights(weights);
  return {bytes.value(), weights.identity};
}

// Two empty folders in QUAVER_MODELS.
class Find : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "quaver-find-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    first_ = root_ / "first";
    second_ = root_ / "second";
    fs::create_directory(first_);
    fs::create_directory(second_);
    setenv("QUAVER_MODELS", (first_.string() + "::" + second_.string()).c_str(), 1);
  }
  void TearDown() override {
    unsetenv("QUAVER_MODELS");
    fs::remove_all(root_);
  }
  static std::string Write(const fs::path& path, std::span<const uint8_t> bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path.string();
  }
  fs::path root_, first_, second_;
};

std::string NameError(const std::string& name) {
  const auto found = FindByName(name);
  return found.ok() ? "found " + found.value().source : found.message();
}

TEST_F(Find, TheBuiltInModelIsTheFileItWasMadeFrom) {
  const Made made = TinyModel("tiny-built-in", 99);
  const auto built_in = BuiltInWeights();
  EXPECT_EQ(std::vector<uint8_t>(built_in.begin(), built_in.end()), made.bytes);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(built_in.data()) % 64, 0u);
  EXPECT_EQ(BuiltInName(), "tiny-built-in");
  for (const char* name : {"default", "tiny-built-in"}) {
    const auto found = FindByName(name);
    ASSERT_TRUE(found.ok()) << found.message();
    EXPECT_TRUE(found.value().built_in);
    EXPECT_EQ(found.value().bytes().data(), built_in.data());
    EXPECT_EQ(found.value().verify(), Verify::kTrusted);
  }
  const auto found = FindByIdentity(made.identity);
  ASSERT_TRUE(found.ok()) << found.message();
  EXPECT_TRUE(found.value().built_in);
}

TEST_F(Find, FoldersComeInOrder) {
  const auto folders = ModelFolders();
  ASSERT_GE(folders.size(), 4u);
  EXPECT_EQ(folders[0], first_.string());
  EXPECT_EQ(folders[1], second_.string());
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
  EXPECT_EQ(folders[2], (program / "models").string());
  EXPECT_EQ(folders[3], (program.parent_path() / "models").string());
  EXPECT_THAT(folders, Contains(std::string(QUAVER_SOURCE_DIR) + "/models"));
}

TEST_F(Find, ByNameInTheFirstFolderThatHasIt) {
  const Made one = TinyModel("one", 1);
  const Made two = TinyModel("two", 2);
  Write(second_ / "some.safetensors", two.bytes);
  EXPECT_EQ(FindByName("some").value().file, two.bytes);
  Write(first_ / "some.safetensors", one.bytes);
  const auto found = FindByName("some");
  ASSERT_TRUE(found.ok()) << found.message();
  EXPECT_EQ(found.value().file, one.bytes);
  EXPECT_EQ(found.value().source, (first_ / "some.safetensors").string());
  EXPECT_EQ(found.value().verify(), Verify::kHash);
  EXPECT_TRUE(ParseWeights(found.value().bytes(), found.value().source, found.value().verify()).ok());
}

TEST_F(Find, ByPath) {
  const Made one = TinyModel("one", 1);
  const std::string path = Write(root_ / "model.bin", one.bytes);
  ASSERT_TRUE(FindByName(path).ok());
  EXPECT_EQ(FindByName(path).value().file, one.bytes);
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  const auto relative = FindByName("model.bin");
  fs::current_path(before);
  ASSERT_TRUE(relative.ok()) << relative.message();
  EXPECT_EQ(relative.value().file, one.bytes);
}

TEST_F(Find, ByNameSaysWhereItLooked) {
  EXPECT_THAT(NameError("nobody"),
              AllOf(HasSubstr("\"nobody\""), HasSubstr((first_ / "nobody.safetensors").string()),
                    HasSubstr((second_ / "nobody.safetensors").string()), HasSubstr("tiny-built-in")));
  EXPECT_THAT(NameError(""), HasSubstr("empty"));
  EXPECT_THAT(NameError("./none"), HasSubstr("./none: no such file"));
  EXPECT_THAT(NameError("none.safetensors"), HasSubstr("none.safetensors: no such file"));
  EXPECT_THAT(NameError(first_.string()), HasSubstr("not a regular file"));
  EXPECT_THAT(NameError("/dev/zero"), HasSubstr("not a regular file"));
  ASSERT_EQ(mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(NameError((root_ / "pipe").string()), HasSubstr("not a regular file"))
      << "a pipe must not block";
}

TEST_F(Find, ByIdentity) {
  const Made one = TinyModel("same", 1);
  const Made two = TinyModel("same", 2);
  Write(first_ / "a.safetensors", one.bytes);
  Write(second_ / "b.safetensors", two.bytes);
  Write(first_ / "broken.safetensors", std::vector<uint8_t>(100, 0xFF));
  Write(first_ / "another.txt", two.bytes);
  fs::create_directory(first_ / "folder.safetensors");
  const auto found = FindByIdentity(two.identity);
  ASSERT_TRUE(found.ok()) << found.message();
  EXPECT_EQ(found.value().source, (second_ / "b.safetensors").string());
  EXPECT_EQ(found.value().file, two.bytes);
}

// Two models that lie in a folder like those of this source tree, of different bottlenecks.
TEST_F(Find, ASecondModelBesideTheFirst) {
  const Made fsp = TinyModel("speech", 1);
  const Made vp = TinyModel("speech-vp", 1, TinyVpConfig());
  Write(first_ / "speech.safetensors", fsp.bytes);
  const std::string path = Write(first_ / "speech-vp.safetensors", vp.bytes);
  for (const auto& found : {FindByName("speech-vp"), FindByIdentity(vp.identity)}) {
    ASSERT_TRUE(found.ok()) << found.message();
    EXPECT_EQ(found.value().source, path);
    EXPECT_EQ(found.value().file, vp.bytes);
    EXPECT_TRUE(OpenWeights(found.value().bytes(), found.value().source, found.value().verify()).ok());
  }
  EXPECT_EQ(FindByName("speech").value().file, fsp.bytes);
  EXPECT_EQ(FindByIdentity(fsp.identity).value().file, fsp.bytes);
}

// What is in models/ can be found by its name, which is that of its file, and by what a stream says of it.
TEST_F(Find, EveryModelOfTheSourceTree) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(QUAVER_SOURCE_DIR "/models")) {
    if (entry.path().extension() != ".safetensors") continue;
    ++count;
    const auto found = FindByName(entry.path().stem().string());
    ASSERT_TRUE(found.ok()) << found.message();
    const auto summary = PeekWeights(found.value().bytes(), found.value().source);
    ASSERT_TRUE(summary.ok()) << summary.message();
    EXPECT_EQ(summary.value().name, entry.path().stem());
    const auto same = FindByIdentity(summary.value().identity);
    ASSERT_TRUE(same.ok()) << same.message();
    EXPECT_EQ(same.value().source, entry.path().string());
  }
  EXPECT_GE(count, 1);
}

TEST_F(Find, ADamagedCopyDoesNotHideAGoodOne) {
  const Made one = TinyModel("one", 1);
  auto damaged = one.bytes;
  damaged.back() ^= 1;
  Write(first_ / "one.safetensors", damaged);
  const auto none = FindByIdentity(one.identity);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.message(), HasSubstr((first_ / "one.safetensors").string()));
  Write(second_ / "one.safetensors", one.bytes);
  const auto found = FindByIdentity(one.identity);
  ASSERT_TRUE(found.ok()) << found.message();
  EXPECT_EQ(found.value().file, one.bytes);
}

TEST_F(Find, ByIdentityNamesWhatItFoundInstead) {
  const Made one = TinyModel("one", 1);
  Write(first_ / "a.safetensors", one.bytes);
  Write(second_ / "broken.safetensors", std::vector<uint8_t>(100, 0xFF));
  Identity wanted{};
  wanted[0] = 0xAB;
  const auto found = FindByIdentity(wanted);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.message(),
              AllOf(HasSubstr(ToHex(wanted)),
                    HasSubstr(ToHex(one.identity) + " " + (first_ / "a.safetensors").string()),
                    HasSubstr((second_ / "broken.safetensors").string() + ": the header claims"),
                    HasSubstr(" built-in model"), Not(HasSubstr("folder.safetensors"))));
}

TEST_F(Find, PeekReadsTheHeaderOnly) {
  const Made one = TinyModel("one", 1);
  const size_t start = ParseSafetensorsHeader(one.bytes, "one").value().data_start;
  const std::span<const uint8_t> bytes(one.bytes);
  const auto peeked = PeekIdentity(Write(root_ / "header", bytes.first(start)));
  ASSERT_TRUE(peeked.ok()) << peeked.message();
  EXPECT_EQ(peeked.value(), one.identity);
  EXPECT_FALSE(PeekIdentity(Write(root_ / "cut", bytes.first(start - 1))).ok());
  EXPECT_FALSE(PeekIdentity(Write(root_ / "empty", bytes.first(0))).ok());
  EXPECT_FALSE(PeekIdentity((root_ / "none").string()).ok());
}

TEST_F(Find, HugeFilesAreNotRead) {
  const std::string path = Write(root_ / "huge.safetensors", {});
  fs::resize_file(path, (uint64_t{1} << 30) + 1);  // sparse
  const auto bytes = ReadModelFile(path);
  ASSERT_FALSE(bytes.ok());
  EXPECT_THAT(bytes.message(), AllOf(HasSubstr(path), HasSubstr("at most")));
}

}  // namespace
}  // namespace quaver
