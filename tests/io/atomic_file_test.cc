#include "codec/io/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AtomicFileTest : public TempFolder {};

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST_F(AtomicFileTest, AppearsAtCommitOnly) {
  auto file = AtomicFile::Create(Path("a"));
  ASSERT_TRUE(file.ok()) << file.message();
  EXPECT_TRUE(file.value()->Write(Bytes("hello")).ok());
  EXPECT_TRUE(file.value()->WriteAt(0, Bytes("J")).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("a")));
  ASSERT_TRUE(file.value()->Commit().ok());
  EXPECT_THAT(Files(), ElementsAre("a"));
  EXPECT_EQ(Content(Path("a")), "Jello");
  EXPECT_FALSE(file.value()->Write(Bytes("more")).ok());
  EXPECT_FALSE(file.value()->Commit().ok());
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  {
    auto file = AtomicFile::Create(Path("a"));
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file.value()->Write(Bytes("hello")).ok());
    EXPECT_EQ(Files().size(), 1U);
  }
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(AtomicFileTest, KeepsTheOldFileUntilCommit) {
  Put(Path("a"), "old");
  {
    auto file = AtomicFile::Create(Path("a"));
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file.value()->Write(Bytes("new")).ok());
  }
  EXPECT_EQ(Content(Path("a")), "old");
  auto file = AtomicFile::Create(Path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file.value()->Write(Bytes("new")).ok());
  EXPECT_TRUE(file.value()->Commit().ok());
  EXPECT_EQ(Content(Path("a")), "new");
}

TEST_F(AtomicFileTest, RefusesWhatExists) {
  Put(Path("a"), "old");
  EXPECT_THAT(AtomicFile::Create(Path("a"), Existing::kRefuse).message(), HasSubstr(Path("a") + ": exists"));
  // Also when it comes into being only after Create().
  auto file = AtomicFile::Create(Path("b"), Existing::kRefuse);
  ASSERT_TRUE(file.ok());
  Put(Path("b"), "somebody else's");
  EXPECT_THAT(file.value()->Commit().message(), HasSubstr("exists already"));
  file = Error{""};
  EXPECT_EQ(Content(Path("b")), "somebody else's");
  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(AtomicFileTest, ReplacesTheTargetOfALink) {
  Put(Path("a"), "old");
  std::filesystem::create_symlink(Path("a"), Path("link"));
  auto file = AtomicFile::Create(Path("link"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file.value()->Write(Bytes("new")).ok());
  EXPECT_TRUE(file.value()->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(Content(Path("a")), "new");
}

// As open() does, through any number of links, relative to where each of them lies.
TEST_F(AtomicFileTest, CreatesTheMissingTargetOfALink) {
  std::filesystem::create_directory(Path("d"));
  std::filesystem::create_symlink("d/second", Path("first"));
  std::filesystem::create_symlink("target", Path("d/second"));
  auto file = AtomicFile::Create(Path("first"), Existing::kRefuse);
  ASSERT_TRUE(file.ok()) << file.message();
  EXPECT_TRUE(file.value()->Write(Bytes("new")).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("first")));
  ASSERT_TRUE(file.value()->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("first")));
  EXPECT_TRUE(std::filesystem::is_symlink(Path("d/second")));
  EXPECT_EQ(Content(Path("d/target")), "new");
  EXPECT_THAT(AtomicFile::Create(Path("first"), Existing::kRefuse).message(), HasSubstr("exists already"));

  std::filesystem::create_symlink("loop", Path("loop"));
  EXPECT_FALSE(AtomicFile::Create(Path("loop")).ok());
}

TEST_F(AtomicFileTest, WritesToANamedDescriptorWhereItStands) {
  const int fd = ::open(Path("a").c_str(), O_RDWR | O_CREAT, 0666);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::write(fd, "one ", 4), 4);
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    const std::string name = folder + std::to_string(fd);
    std::filesystem::remove(Path("link"));
    std::filesystem::create_symlink(name, Path("link"));
    for (const std::string& path : {name, Path("link")}) {
      EXPECT_TRUE(WritesInPlace(path));
      auto file = AtomicFile::Create(path, Existing::kRefuse);
      ASSERT_TRUE(file.ok()) << file.message();
      EXPECT_TRUE(file.value()->streaming());
      EXPECT_TRUE(file.value()->Write(Bytes("more ")).ok());
      EXPECT_TRUE(file.value()->Commit().ok());
    }
  }
  ::close(fd);
  EXPECT_EQ(Content(Path("a")), "one more more more more ");
  EXPECT_THAT(AtomicFile::Create("/dev/fd/1000").message(),
              HasSubstr("/dev/fd/1000: cannot be opened for writing: Bad file"));
  for (const char* other : {"/dev/fd/", "/dev/fd/1x", "/dev/fd/-1", "/dev/fdx/1", "dev/fd/1", "a"}) {
    EXPECT_EQ(NamedDescriptor(other), -1) << other;
  }
}

TEST_F(AtomicFileTest, WritesDevicesInPlaceAndReportsAFullOne) {
  auto null = AtomicFile::Create("/dev/null");
  ASSERT_TRUE(null.ok());
  EXPECT_TRUE(null.value()->streaming());
  EXPECT_FALSE(null.value()->WriteAt(0, Bytes("x")).ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  auto full = AtomicFile::Create("/dev/full");
  ASSERT_TRUE(full.ok());
  EXPECT_THAT(full.value()->Write(Bytes("x")).message(), HasSubstr("/dev/full: write failed: No space"));
  EXPECT_FALSE(full.value()->Commit().ok());
}

TEST_F(AtomicFileTest, NamesFileAndCause) {
  EXPECT_THAT(AtomicFile::Create(Path("no/a")).message(), HasSubstr("no/a: cannot be created: No such file"));
  EXPECT_THAT(AtomicFile::Create(Path("")).message(), HasSubstr("is a directory"));
  EXPECT_FALSE(AtomicFile::Create("").ok());
}

TEST_F(AtomicFileTest, SignalsRemoveTemporaryFiles) {
  const auto interrupted = [this] {
    ::signal(SIGINT, SIG_DFL);  // shells ignore it for what runs in the background
    RemoveTemporaryFilesOnSignals();
    auto done = AtomicFile::Create(Path("done"));
    if (!done.ok() || !done.value()->Commit().ok()) _exit(1);
    auto file = AtomicFile::Create(Path("a"));
    if (!file.ok() || Files().size() != 2) _exit(1);
    ::raise(SIGINT);
  };
  EXPECT_EXIT(interrupted(), testing::KilledBySignal(SIGINT), "");
  EXPECT_THAT(Files(), ElementsAre("done"));
}

}  // namespace
}  // namespace quaver
