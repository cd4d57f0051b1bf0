#include "codec/train/data/load.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

using Names = std::vector<std::string>;

TEST_F(DataTest, ReadsRealSpeech) {
  const auto data = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(data.ok()) << data.message();
  EXPECT_EQ(data.value().clips.size(), 6u);
  EXPECT_TRUE(data.value().skipped.empty());
  EXPECT_NEAR(data.value().seconds(), 32.7, 0.1);
}

TEST_F(DataTest, UselessFilesAreSkippedAndNamed) {
  Speech("good.flac");
  Text("corrupt.wav", "this is no sound");
  Text("notes.txt", "not even meant as one");
  Write("empty.wav", {});
  Write("silent.wav", std::vector<float>(16000, 0.0F));
  Write("short.wav", std::vector<float>(100, 0.5F));
  const auto data = LoadDataset(Path(""), At16k());
  ASSERT_TRUE(data.ok()) << data.message();
  EXPECT_EQ(data.value().clips.size(), 1u);
  ASSERT_EQ(data.value().skipped.size(), 4u);
  for (const SkippedFile& file : data.value().skipped) EXPECT_FALSE(file.reason.empty()) << file.path;
}

TEST_F(DataTest, AnEmptyFolderIsAnError) {
  EXPECT_FALSE(LoadDataset(Path(""), At16k()).ok());
  const auto missing = LoadDataset(Path("nowhere"), At16k());
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.message().find("nowhere"), std::string::npos);
}

TEST_F(DataTest, ALinkBackToItsOwnFolderIsMetOnce) {
  Speech("speech/a/1.wav");
  std::filesystem::create_directory_symlink(".", Path("speech/a/loop"));
  std::filesystem::create_directory_symlink("../..", Path("speech/a/up"));
  std::filesystem::create_symlink("gone.wav", Path("speech/2.wav"));
  const auto source = FindSource(Path("speech"), {});
  ASSERT_TRUE(source.ok()) << source.message();
  ASSERT_EQ(source.value().entries.size(), 1u);
  EXPECT_EQ(source.value().entries[0].name, "a/1.wav");
  EXPECT_EQ(source.value().entries[0].path, Path("speech/a/1.wav"));
  EXPECT_EQ(source.value().notes.size(), 2u);
  ASSERT_EQ(source.value().missing.size(), 1u);
  EXPECT_EQ(source.value().missing[0].path, Path("speech/2.wav"));
}

TEST_F(DataTest, FilesLeftOutAreNotRead) {
  LoadOptions options = At16k();
  options.leave_out = {"de-thorsten-03.flac", "no/such.flac"};
  for (const auto& entry : std::filesystem::directory_iterator(Samples()))
    std::filesystem::create_symlink(entry.path(), Path(entry.path().filename().string()));
  for (const std::string& place : {Samples(), Path("")}) {  // a folder of links keeps its own names
    const auto data = LoadDataset(place, options);
    ASSERT_TRUE(data.ok());
    EXPECT_EQ(data.value().clips.size(), 5u);
    EXPECT_EQ(data.value().not_left_out, Names{"no/such.flac"});
  }
}

TEST_F(DataTest, TheNumberOfThreadsChangesNothing) {
  LoadOptions options = At16k();
  options.threads = 1;
  const auto one = LoadDataset(Samples(), options);
  options.threads = 5;
  const auto five = LoadDataset(Samples(), options);
  ASSERT_TRUE(one.ok() && five.ok());
  ASSERT_EQ(FileNames(one.value()), FileNames(five.value()));
  for (size_t i = 0; i < one.value().clips.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(one.value().clips[i].samples, five.value().clips[i].samples));
}

TEST_F(DataTest, HoldingOutSplitsWithoutLoss) {
  auto data = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(data.ok());
  const Dataset held = HoldOut(data.value(), 0.5);
  EXPECT_EQ(held.clips.size() + data.value().clips.size(), 6u);
  EXPECT_FALSE(data.value().clips.empty());
  EXPECT_FALSE(held.clips.empty());
  EXPECT_NEAR(held.seconds() + data.value().seconds(), 32.7, 0.1);
  auto whole = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(HoldOut(whole.value(), 0).clips.size(), 0u);
  EXPECT_EQ(HoldOut(whole.value(), 1e-4).clips.size(), 1u);  // even if the share is less than a clip
  EXPECT_EQ(whole.value().clips.size(), 5u);
}

TEST_F(DataTest, SpeakersStayOnOneSide) {
  for (const double share : {0.0001, 0.1, 0.3, 0.7, 0.999}) {
    Dataset data;
    data.sample_rate = 16000;
    for (int i = 0; i < 200; ++i)
      data.clips.push_back(
          Clip::Owning("c" + std::to_string(i) + ".wav", "S" + std::to_string(i % 13), {1, 2, 3}));
    const Dataset held = HoldOut(data, share);
    EXPECT_EQ(SharedSpeakers(data, held), Names{}) << share;
    EXPECT_FALSE(held.clips.empty()) << share;
    EXPECT_FALSE(data.clips.empty()) << share;
    EXPECT_EQ(held.clips.size() + data.clips.size(), 200u);
  }
}

TEST_F(DataTest, OneSpeakerIsNotSplit) {
  Dataset data;
  data.sample_rate = 16000;
  for (const char* name : {"a.wav", "b.wav", "c.wav"})
    data.clips.push_back(Clip::Owning(name, "anna", {1, 2}));
  EXPECT_TRUE(HoldOut(data, 0.5).clips.empty());
  EXPECT_EQ(data.clips.size(), 3u);
}

TEST_F(DataTest, OfficialPartsAreKeptApart) {
  LibriSpeech("libri");
  const auto sets = LoadTrainingSets(Path("libri"), "", 0.5, At16k());
  ASSERT_TRUE(sets.ok()) << sets.message();
  EXPECT_EQ(FileNames(sets.value().train), (Names{"19-198-0000.flac", "26-495-0003.flac"}));
  EXPECT_EQ(FileNames(sets.value().validation), Names{"84-121123-0000.flac"});
  // A part by itself.
  const auto part = LoadTrainingSets(Path("libri/train-clean-100"), Path("libri/dev-clean"), 0.5, At16k());
  ASSERT_TRUE(part.ok()) << part.message();
  EXPECT_EQ(part.value().train.clips.size(), 2u);
  EXPECT_EQ(part.value().train.clips[0].speaker, "LibriSpeech/19");
  EXPECT_EQ(FileNames(part.value().validation), Names{"84-121123-0000.flac"});
  // A test part is validated on if one asks for it, never trained on.
  const auto test = LoadTrainingSets(Path("libri"), Path("libri/test-clean"), 0.5, At16k());
  ASSERT_TRUE(test.ok()) << test.message();
  EXPECT_EQ(FileNames(test.value().validation), Names{"61-70968-0000.flac"});
  const auto wrong = LoadTrainingSets(Path("libri/test-clean"), "", 0.5, At16k());
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.message().find("official parts"), std::string::npos) << wrong.message();
}

TEST_F(DataTest, SharedSpeakersAreAnErrorThatNamesThem) {
  LibriSpeech("libri");
  Speech("more/train-other-500/19/227/19-227-0000.flac", 4);
  const auto sets = LoadTrainingSets(Path("libri"), Path("more"), 0.5, At16k());
  ASSERT_FALSE(sets.ok());
  EXPECT_NE(sets.message().find("LibriSpeech/19"), std::string::npos) << sets.message();
  EXPECT_EQ(sets.message().find("LibriSpeech/26"), std::string::npos) << sets.message();
}

TEST_F(DataTest, DevSpeakersWhoAreTrainedOnAreLeftAside) {
  LibriSpeech("libri");
  Speech("libri/dev-other/19/227/19-227-0000.flac", 4);
  const auto sets = LoadTrainingSets(Path("libri"), "", 0.5, At16k());
  ASSERT_TRUE(sets.ok()) << sets.message();
  EXPECT_EQ(FileNames(sets.value().validation), Names{"84-121123-0000.flac"});
  EXPECT_EQ(SharedSpeakers(sets.value().train, sets.value().validation), Names{});
}

}  // namespace
}  // namespace quaver
