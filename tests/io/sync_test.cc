// Files are flushed to disk before they are renamed into place. This program has an fsync() of its own, which
// records its calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "codec/io/atomic_file.h"
#include "codec/io/npy.h"
#include "codec/io/sound_file.h"
#include "tests/io/temp_folder.h"

namespace {
std::function<int(int)> on_fsync;  // returns an errno, or 0
}  // namespace

extern "C" int fsync(int fd) {
  errno = on_fsync ? on_fsync(fd) : 0;
  return errno != 0 ? -1 : static_cast<int>(syscall(SYS_fsync, fd));
}

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

bool IsFolder(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

class SyncTest : public TempFolder {
 protected:
  // "file 5": a file of 5 bytes was synced before "a" was there; "folder a": the folder, and "a" was there.
  SyncTest() {
    on_fsync = [this](int fd) {
      struct stat info {};
      EXPECT_EQ(::fstat(fd, &info), 0);
      const bool there = std::filesystem::exists(Path("a")) || std::filesystem::exists(Path("a.wav"));
      synced_.push_back(IsFolder(fd) ? "folder" : "file " + std::to_string(info.st_size));
      if (there) synced_.back() += " a";
      return 0;
    };
  }
  ~SyncTest() override { on_fsync = nullptr; }

  static Status Write(const std::string& path) {
    auto file = AtomicFile::Create(path);
    if (!file.ok()) return file.error();
    const std::vector<uint8_t> bytes(5);
    const Status written = file.value()->Write(bytes);
    return written.ok() ? file.value()->Commit() : written;
  }

  std::vector<std::string> synced_;
};

TEST_F(SyncTest, TheFileBeforeItsNameAndThenTheFolder) {
  EXPECT_TRUE(Write(Path("a")).ok());
  EXPECT_THAT(synced_, ElementsAre("file 5", "folder a"));
  synced_.clear();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(Path(""));
  EXPECT_TRUE(Write("b").ok());  // without a folder in its name
  std::filesystem::current_path(before);
  EXPECT_THAT(synced_, ElementsAre("file 5 a", "folder a"));
}

TEST_F(SyncTest, SoundAndTokensToo) {
  auto sound = SoundWriter::Create(Path("a.wav"), 16000, 1);
  ASSERT_TRUE(sound.ok()) << sound.message();
  EXPECT_TRUE(sound.value()->Write(std::vector<float>(100)).ok());
  EXPECT_TRUE(sound.value()->Commit().ok());
  EXPECT_THAT(synced_, ElementsAre("file 244", "folder a"));
  synced_.clear();
  auto tokens = NpyWriter::Create(Path("a"), 2);
  ASSERT_TRUE(tokens.ok()) << tokens.message();
  EXPECT_TRUE(tokens.value()->Commit().ok());
  EXPECT_THAT(synced_, ElementsAre("file 128 a", "folder a"));
}

TEST_F(SyncTest, PipesAndDevicesAreNotSynced) {
  EXPECT_TRUE(Write("/dev/null").ok());
  EXPECT_THAT(synced_, IsEmpty());
}

TEST_F(SyncTest, AFileThatCannotBeSyncedDoesNotAppear) {
  on_fsync = [](int) { return EIO; };
  EXPECT_EQ(Write(Path("a")).message(), Path("a") + ": cannot be flushed to disk: Input/output error");
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(SyncTest, AFolderThatCannotBeSyncedIsAnErrorUnlessItNeverCan) {
  on_fsync = [](int fd) { return IsFolder(fd) ? ENOSPC : 0; };
  const Status status = Write(Path("a"));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(Path("a") + ": "));
  EXPECT_THAT(status.message(), HasSubstr("No space left"));
  on_fsync = [](int fd) { return IsFolder(fd) ? EINVAL : 0; };
  EXPECT_TRUE(Write(Path("a")).ok());
  int calls = 0;
  on_fsync = [&](int) { return ++calls % 2 == 1 ? EINTR : 0; };
  EXPECT_TRUE(Write(Path("a")).ok());
  EXPECT_EQ(calls, 4);
}

}  // namespace
}  // namespace quaver
