// Folders, lists of names, and runs that are repeated.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class BatchTest : public ToolTest {
 protected:
  // Paths of all files below a folder, sorted.
  Names Tree(const std::string& name) const {
    Names files;
    for (const auto& entry : fs::recursive_directory_iterator(Path(name))) {
      if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(Path(name)).string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // A WAV whose name does not say so.
  void MakeUnnamed(const std::string& name, size_t count) const {
    MakeWav("unnamed.wav", count);
    fs::rename(Path("unnamed.wav"), Path(name));
  }
  void MakeTree() const {
    for (const char* folder : {"in/a", "in/b/c"}) fs::create_directories(Path(folder));
    MakeWav("in/a/1.wav", 4000);
    MakeWav("in/b/1.WAV", 5000);
    MakeUnnamed("in/b/c/2024.05.01", 6000);
    MakeUnnamed("in/b/c/2024.05.02", 7000);
    Store("in/notes.txt", "these are no sounds");
    Store("in/b/cover", "neither is this");
  }
};

void ExpectSays(const ToolRun& run, const std::string& text) {
  EXPECT_NE(run.err.find(text), std::string::npos) << "no \"" << text << "\" in: " << run.err;
}

TEST_F(BatchTest, ATreeIsMirroredThereAndBack) {
  MakeTree();
  fs::create_directory_symlink("..", Path("in/b/up"));
  ToolRun run = Expect(0, "quaver encode in -o out --model tiny");
  EXPECT_EQ(Tree("out"), (Names{"a/1.qvr", "b/1.qvr", "b/c/2024.05.01.qvr", "b/c/2024.05.02.qvr"}));
  ExpectSays(run, "in: passed over 2 files that are not sound: notes.txt, cover");
  ExpectSays(run, "in/b/up");
  ExpectSays(run, "4 done, 0 skipped, 0 failed");
  Store("out/a/README", "no tokens");
  run = Expect(0, "quaver decode out/ -o heard/ --format flac");
  EXPECT_EQ(Tree("heard"), (Names{"a/1.flac", "b/1.flac", "b/c/2024.05.01.flac", "b/c/2024.05.02.flac"}));
  EXPECT_EQ(ReadSound(Path("heard/b/c/2024.05.02.flac")).mono.size(), 7000u);
  ExpectSays(run, "README");
  EXPECT_EQ(Expect(0, "quaver encode in -o again --model tiny --quiet").err, "");
}

TEST_F(BatchTest, OutputsMayLieInTheTreeOrBesideTheirInputs) {
  MakeTree();
  Expect(0, "quaver encode in -o in/coded --model tiny --quiet");
  Expect(0, "quaver decode in/coded -o in/coded --quiet");
  const ToolRun run = Expect(0, "quaver encode in -o in/coded --model tiny --skip-existing");
  ExpectSays(run, "0 done, 4 skipped, 0 failed");  // the sound in the folder of the outputs is no input
  Expect(0, "quaver encode in/a --model tiny");
  EXPECT_TRUE(Exists("in/a/1.qvr"));
}

TEST_F(BatchTest, ARerunDoesWhatIsLeft) {
  MakeTree();
  Store("in/a/bad.wav", "this is no sound");
  ToolRun run = Expect(1, "quaver encode in -o out --model tiny --jobs 2");
  ExpectSays(run, "in/a/bad.wav: ");
  ExpectSays(run, "4 done, 0 skipped, 1 failed");
  run = Expect(1, "quaver encode in -o out --model tiny");
  ExpectSays(run, "0 done, 0 skipped, 5 failed");
  MakeWav("in/a/bad.wav", 3000);
  const auto before = fs::last_write_time(Path("out/b/1.qvr"));
  run = Expect(0, "quaver encode in -o out --model tiny --skip-existing");
  ExpectSays(run, "1 done, 4 skipped, 0 failed");
  EXPECT_EQ(fs::last_write_time(Path("out/b/1.qvr")), before);
  ExpectSays(Expect(0, "quaver encode in -o out --model tiny --skip-existing"), "0 done, 5 skipped");
  Expect(0, "quaver encode in/a/1.wav -o out/a/1.qvr --model tiny --skip-existing");
  Expect(2, "quaver encode in -o out --model tiny --skip-existing --force");
}

// A batch that is continued must lose the packets that it would have lost.
TEST_F(BatchTest, LossesDoNotDependOnWhatIsSkipped) {
  for (const char* name : {"1.wav", "2.wav", "3.wav"}) MakeWav(name, 100000);
  Expect(0, "mkdir in; quaver encode ?.wav -o in --model tiny --frames-per-packet 1");
  Expect(0, "quaver decode in -o whole --loss 0.3");
  Expect(0, "mkdir part; cp whole/1.wav part; quaver decode in -o part --loss 0.3 --skip-existing");
  EXPECT_EQ(Bytes("part/3.wav"), Bytes("whole/3.wav"));
  EXPECT_NE(Bytes("whole/2.wav"), Bytes("whole/3.wav"));
}

TEST_F(BatchTest, AFolderWithoutSoundLeavesNoOutput) {
  Expect(0, "mkdir d e; echo text > d/a.txt");
  for (const char* folder : {"d", "e"}) {
    EXPECT_NE(Expect(1, std::string("quaver encode --model tiny -o out ") + folder)
                  .err.find("has no files of sound"),
              std::string::npos);
    EXPECT_FALSE(Exists("out"));
  }
}

TEST_F(BatchTest, AListNamesInputs) {
  MakeTree();
  Expect(0, "find in -type f -size +2 > list; quaver encode --files-from list -o out --base in --model tiny");
  EXPECT_EQ(Tree("out"), (Names{"a/1.qvr", "b/1.qvr", "b/c/2024.05.01.qvr", "b/c/2024.05.02.qvr"}));
  Store("dos", "in/a/1.wav\r\n\r\nin/b/c\r\nin/a/1.wav");
  Expect(0, "quaver encode --files-from - -o dos-out --model tiny < dos");
  EXPECT_EQ(Tree("dos-out"), (Names{"1.qvr", "2024.05.01.qvr", "2024.05.02.qvr"}));
  MakeWav("two\nlines.wav", 3000);
  MakeUnnamed("-", 3000);
  Expect(0, R"(printf 'two\nlines.wav\0-\0' | quaver encode --files-from - --null -o null --model tiny)");
  EXPECT_EQ(Tree("null"), (Names{"-.qvr", "two\nlines.qvr"}));
  const ToolRun run = Expect(1,
                             "echo gone.wav >> list; quaver encode --files-from list -o part --model tiny "
                             "--base .");
  ExpectSays(run, "gone.wav: ");
  ExpectSays(run, "4 done, 0 skipped, 1 failed");
}

TEST_F(BatchTest, AListThatMakesNoSenseIsRefused) {
  MakeTree();
  Expect(0,
         "mkdir none; : > empty; printf 'in/a/1.wav\\0in/b/1.WAV\\0' > zeros; echo in/a/1.wav > list; "
         "(echo in/a/1.wav; echo in/b/1.WAV) > same; head -c 9000 /dev/zero | tr '\\0' x > long");
  const std::string encode = "quaver encode --model tiny ";
  for (const char* rest :
       {"--files-from empty -o out", "--files-from missing -o out", "--files-from in -o out",
        "--files-from zeros -o out", "--files-from long -o out", "--files-from same -o out",
        "--files-from list -o -", "--files-from list - -o out", "in/a/1.wav --null", "in/a/1.wav --base in",
        "--files-from list --base in/b -o out", "--files-from '' -o out", "in -o -"}) {
    EXPECT_NE(Expect(2, encode + rest).err, "") << rest;
  }
  EXPECT_FALSE(Exists("out"));
  ExpectSays(Expect(2, encode + "--files-from zeros -o out"), "--null");
  ExpectSays(Expect(2, encode + "--files-from same -o out"), "--base");
  // What is named and holds nothing is a failure, and does not stop the others.
  const ToolRun run = Expect(1, encode + "none in/a -o out");
  ExpectSays(run, "none: has no files of sound");
  EXPECT_EQ(Tree("out"), Names{"1.qvr"});
}

TEST_F(BatchTest, WhatCannotBeReadInATreeIsAnError) {
  MakeTree();
  fs::create_symlink("gone.wav", Path("in/link.wav"));
  fs::create_symlink("gone.txt", Path("in/link.txt"));
  const ToolRun run = Expect(1, "quaver encode in -o out --model tiny");
  ExpectSays(run, "in/link.wav: cannot be read");
  EXPECT_EQ(run.err.find("link.txt: cannot"), std::string::npos) << run.err;
  ExpectSays(run, "4 done, 0 skipped, 1 failed");
}

}  // namespace
}  // namespace quaver
