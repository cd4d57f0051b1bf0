#include "codec/io/folder_walk.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

class FolderWalkTest : public TempFolder {
 protected:
  void File(const std::string& name) const {
    fs::create_directories(fs::path(Path(name)).parent_path());
    Put(Path(name), name);
  }
  FolderWalk Walk(const std::string& name = "tree") const { return WalkFolder(Path(name)); }
};

TEST_F(FolderWalkTest, FindsEveryFileInOrder) {
  for (const char* name : {"tree/b/2", "tree/b/1", "tree/a", "tree/c/d/e/.hidden", "tree/b.x"}) File(name);
  ASSERT_EQ(::mkfifo(Path("tree/pipe").c_str(), 0600), 0);
  const FolderWalk walk = Walk();
  EXPECT_THAT(walk.files, ElementsAre("a", "b.x", "b/1", "b/2", "c/d/e/.hidden"));
  EXPECT_THAT(walk.problems, IsEmpty());
  EXPECT_EQ(WalkFolder(Path("tree") + "/").files, walk.files);
}

TEST_F(FolderWalkTest, LinksInACircleAreMetOnce) {
  File("tree/a/1");
  File("tree/b/2");
  fs::create_directory_symlink(".", Path("tree/self"));
  fs::create_directory_symlink("../..", Path("tree/a/up"));  // the folder above the tree, and so the tree
  fs::create_directory_symlink("../b", Path("tree/a/aside"));
  fs::create_directory_symlink("../a", Path("tree/b/aside"));
  const FolderWalk walk = Walk();
  EXPECT_THAT(walk.files, ElementsAre("a/1", "b/2"));
  EXPECT_THAT(walk.problems, IsEmpty());
  EXPECT_EQ(walk.links_back.size(), 4u);
}

// As many ways through it as there are orders of twelve folders.
TEST_F(FolderWalkTest, ManyLinksAreNoLabyrinth) {
  constexpr int kFolders = 12;
  for (int i = 0; i < kFolders; ++i) {
    const std::string folder = "tree/" + std::to_string(100 + i);
    File(folder + "/file");
    for (int k = 0; k < kFolders; ++k)
      fs::create_directory_symlink("../" + std::to_string(100 + k), Path(folder + "/" + std::to_string(k)));
  }
  EXPECT_EQ(Walk().files.size(), size_t{kFolders});
}

TEST_F(FolderWalkTest, LinksOutOfTheTreeAreFollowedAndFilesInItKeepTheirPlace) {
  File("tree/z/1");
  File("elsewhere/deep/2");
  fs::create_directory_symlink("z", Path("tree/a"));
  fs::create_directory_symlink("../elsewhere", Path("tree/b"));
  fs::create_directory_symlink("../elsewhere/deep", Path("tree/c"));
  fs::create_symlink("../elsewhere/deep/2", Path("tree/file"));
  const FolderWalk walk = Walk();
  EXPECT_THAT(walk.files, testing::UnorderedElementsAre("z/1", "b/deep/2", "file"));
  EXPECT_EQ(walk.links_back.size(), 2u);
}

TEST_F(FolderWalkTest, WhatCannotBeReadIsNamed) {
  File("tree/1.wav");
  fs::create_symlink("nothing", Path("tree/gone.wav"));
  fs::create_symlink("itself.txt", Path("tree/itself.txt"));
  FolderWalk walk = Walk();
  EXPECT_THAT(walk.files, ElementsAre("1.wav"));
  EXPECT_EQ(walk.problems.size(), 2u);
  walk = WalkFolder(Path("tree"), "", [](const std::string& path) { return path.ends_with(".wav"); });
  ASSERT_EQ(walk.problems.size(), 1u);
  EXPECT_EQ(walk.problems[0].path, Path("tree/gone.wav"));
  walk = Walk("missing");
  ASSERT_EQ(walk.problems.size(), 1u);
  EXPECT_EQ(walk.problems[0].path, Path("missing"));
}

// Not even root can open it by its whole name.
TEST_F(FolderWalkTest, AFolderTooDeepIsNamedAndTheOthersAreRead) {
  File("tree/z");
  fs::create_directory(Path("tree/deep"));
  const std::string name(250, 'x');
  const fs::path before = fs::current_path();
  fs::current_path(Path("tree/deep"));
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(::mkdir(name.c_str(), 0700), 0);
    ASSERT_EQ(::chdir(name.c_str()), 0);
  }
  fs::current_path(before);
  const FolderWalk walk = Walk();
  EXPECT_THAT(walk.files, ElementsAre("z"));
  EXPECT_EQ(walk.problems.size(), 1u);
}

TEST_F(FolderWalkTest, TheFolderLeftOutIsNotEntered) {
  File("tree/1");
  File("tree/out/2");
  fs::create_directory_symlink("out", Path("tree/link"));
  EXPECT_THAT(WalkFolder(Path("tree"), Path("tree/out")).files, ElementsAre("1"));
  EXPECT_THAT(WalkFolder(Path("tree"), Path("tree")).files, ElementsAre("1", "out/2"));
  EXPECT_THAT(WalkFolder(Path("tree"), Path("missing")).files, ElementsAre("1", "out/2"));
}

}  // namespace
}  // namespace quaver
