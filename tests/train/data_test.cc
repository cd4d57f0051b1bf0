#include "codec/train/data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "codec/audio/sound_file.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

LoadOptions At16k() {
  LoadOptions options;
  options.sample_rate = 16000;
  options.min_samples = 1280;
  return options;
}

void WriteWav(const std::string& path, const std::vector<float>& samples, int rate) {
  auto writer = SoundWriter::Create(path, rate, 1);
  ASSERT_TRUE(writer.ok()) << writer.message();
  ASSERT_TRUE(writer.value()->Write(samples).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
}

TEST(Data, ReadsRealSpeech) {
  const auto data = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(data.ok()) << data.message();
  EXPECT_EQ(data.value().clips.size(), 6u);
  EXPECT_TRUE(data.value().skipped.empty());
  EXPECT_NEAR(data.value().seconds(), 32.7, 0.1);
}

TEST(Data, UselessFilesAreSkippedAndNamed) {
  const TemporaryFolder folder("quaver_data_test");
  std::filesystem::copy(Samples() + "/de-thorsten-03.flac", folder / "good.flac");
  std::ofstream(folder / "corrupt.wav") << "this is no sound";
  std::ofstream(folder / "notes.txt") << "not even meant as one";
  WriteWav(folder / "empty.wav", {}, 16000);
  WriteWav(folder / "silent.wav", std::vector<float>(16000, 0.0f), 16000);
  WriteWav(folder / "short.wav", std::vector<float>(100, 0.5f), 16000);
  const auto data = LoadDataset(folder.str(), At16k());
  ASSERT_TRUE(data.ok()) << data.message();
  EXPECT_EQ(data.value().clips.size(), 1u);
  ASSERT_EQ(data.value().skipped.size(), 4u);
  for (const SkippedFile& file : data.value().skipped) EXPECT_FALSE(file.reason.empty()) << file.path;
}

TEST(Data, ResamplesToTheRateOfTheModel) {
  const TemporaryFolder folder("quaver_data_rate_test");
  std::vector<float> tone(44100);
  for (size_t i = 0; i < tone.size(); ++i) tone[i] = 0.3f * std::sin(0.05f * static_cast<float>(i));
  WriteWav(folder / "tone.wav", tone, 44100);
  const auto data = LoadDataset(folder.str(), At16k());
  ASSERT_TRUE(data.ok()) << data.message();
  EXPECT_EQ(data.value().clips[0].samples.size(), 16000u);
}

TEST(Data, AnEmptyFolderIsAnError) {
  const TemporaryFolder folder("quaver_data_empty_test");
  EXPECT_FALSE(LoadDataset(folder.str(), At16k()).ok());
  const auto missing = LoadDataset(folder / "nowhere", At16k());
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.message().find("nowhere"), std::string::npos);
}

TEST(Data, FilesLeftOutAreNotRead) {
  LoadOptions options = At16k();
  options.leave_out = {"de-thorsten-03.flac", "no/such.flac"};
  const TemporaryFolder folder("quaver_data_links_test");
  for (const auto& entry : std::filesystem::directory_iterator(Samples()))
    std::filesystem::create_symlink(entry.path(), folder / entry.path().filename().string());
  for (const std::string& place : {Samples(), folder.str()}) {  // a folder of links keeps its own names
    const auto data = LoadDataset(place, options);
    ASSERT_TRUE(data.ok());
    EXPECT_EQ(data.value().clips.size(), 5u);
    EXPECT_EQ(data.value().not_left_out, std::vector<std::string>{"no/such.flac"});
  }
}

TEST(Data, CropsHaveTheLevelsAskedForAndRepeatWithTheSeed) {
  const auto data = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(data.ok());
  const CropOptions options{64, 8000, -30, -20};
  std::mt19937_64 random(1);
  const auto crops = DrawCrops(data.value(), options, random);
  const auto level = 10 * crops.square().mean(1).log10();
  const auto inside = ((level > -30.5) & (level < -19.5)).to(torch::kFloat).mean().item<double>();
  EXPECT_GT(inside, 0.9);  // a silent crop may stay below
  std::mt19937_64 again(1);
  EXPECT_TRUE(torch::equal(crops, DrawCrops(data.value(), options, again)));
}

TEST(Data, ClipsAreDrawnInProportionToTheirLength) {
  const auto data = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(data.ok());
  const auto& clips = data.value().clips;
  std::vector<double> count(clips.size());
  std::vector<float> crop(16);
  std::mt19937_64 random(5);
  constexpr int kDraws = 20000;
  double loud = 0;
  for (int i = 0; i < kDraws; ++i) {
    const size_t clip = DrawCrop(data.value(), {1, 16, -20, -20}, random, crop);
    ASSERT_LT(clip, clips.size());
    ++count[clip];
    loud += *std::max_element(crop.begin(), crop.end()) > 0.05f;
  }
  EXPECT_GT(loud, 0.9 * kDraws);
  for (size_t i = 0; i < clips.size(); ++i) {
    const double share = static_cast<double>(clips[i].samples.size()) / 16000 / data.value().seconds();
    EXPECT_NEAR(count[i] / kDraws, share, 0.25 * share);  // pauses are drawn less often
  }
}

TEST(Data, HoldingOutSplitsWithoutLoss) {
  auto data = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(data.ok());
  const Dataset held = HoldOut(data.value(), 0.5);
  EXPECT_EQ(held.clips.size() + data.value().clips.size(), 6u);
  EXPECT_FALSE(data.value().clips.empty());
  EXPECT_FALSE(held.clips.empty());
  auto whole = LoadDataset(Samples(), At16k());
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(HoldOut(whole.value(), 0).clips.size(), 0u);
  EXPECT_EQ(HoldOut(whole.value(), 1e-4).clips.size(), 1u);  // even if the share is less than a clip
  EXPECT_EQ(whole.value().clips.size(), 5u);
}

}  // namespace
}  // namespace quaver
