#include "codec/train/data/survey.h"

#include <algorithm>
#include <cmath>

#include "codec/train/data/pack.h"
#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

using Names = std::vector<std::string>;
using SurveyTest = DataTest;

TEST_F(SurveyTest, FindsWhatIsWrong) {
  Speech("good.flac", 0, 3);
  Speech("sub/twin.wav", 0, 3);  // the same samples
  Write("rate.wav", SomeSpeech(1, 44100), 44100);
  Text("broken.mp3", "no sound");
  Write("silent.wav", std::vector<float>(16000));
  Write("short.wav", SomeSpeech(1, 500));
  auto loud = SomeSpeech(2, 16000);
  for (float& x : loud) x = std::clamp(20 * x, -1.0F, 1.0F);
  Write("loud.wav", loud);
  SurveyOptions options;
  options.held_out = 0.5;
  const auto survey = SurveySource(Path(""), options);
  ASSERT_TRUE(survey.ok()) << survey.message();
  const Survey& s = survey.value();
  EXPECT_EQ(s.all.clips, 4u);
  EXPECT_NEAR(s.all.seconds, 8, 0.01);
  EXPECT_EQ(s.all.speakers, 0u);
  EXPECT_EQ(s.unnamed, 4u);
  ASSERT_EQ(s.broken.size(), 1u);
  EXPECT_EQ(s.broken[0].path, "broken.mp3");
  EXPECT_EQ(s.silent, Names{"silent.wav"});
  EXPECT_EQ(s.too_short, Names{"short.wav"});
  EXPECT_EQ(s.clipped, Names{"loud.wav"});
  EXPECT_EQ(s.duplicates, (std::vector<Names>{{"good.flac", "sub/twin.wav"}}));
  EXPECT_EQ(s.sample_rates, (std::map<int, size_t>{{16000, 5}, {44100, 1}}));
  EXPECT_EQ(s.formats.size(), 2u);
  size_t counted = 0;
  for (const HistogramBin& bin : s.durations) counted += bin.clips;
  for (const HistogramBin& bin : s.levels) counted += bin.clips;
  EXPECT_EQ(counted, 8u);
  EXPECT_EQ(s.durations[2].clips, 2u);  // 2 .. 4 s
}

// The report promises what training does.
TEST_F(SurveyTest, TheSplitIsThatOfTraining) {
  LibriSpeech("libri");
  for (int i = 0; i < 9; ++i)
    Speech("vctk/wav48/p22" + std::to_string(i) + "/p22" + std::to_string(i) + "_1.wav", i);
  for (int i = 0; i < 7; ++i) Speech("mine/" + std::to_string(i) + ".wav", i);
  Speech("test/test-clean/61/70968/61-70968-0000.flac", 3);
  PackOptions pack;
  ASSERT_TRUE(PackShards(Path("vctk"), Path("shards"), pack).ok());
  for (const char* folder : {"libri", "vctk", "mine", "shards"}) {
    SurveyOptions options;
    options.held_out = 0.3;
    const auto survey = SurveySource(Path(folder), options);
    const auto sets = LoadTrainingSets(Path(folder), "", 0.3, At16k());
    ASSERT_TRUE(survey.ok() && sets.ok());
    EXPECT_EQ(survey.value().train.clips, sets.value().train.clips.size()) << folder;
    EXPECT_EQ(survey.value().validation.clips, sets.value().validation.clips.size()) << folder;
    EXPECT_NEAR(survey.value().train.seconds, sets.value().train.seconds(), 1e-6) << folder;
    EXPECT_NEAR(survey.value().validation.seconds, sets.value().validation.seconds(), 1e-6) << folder;
  }
  const auto test = SurveySource(Path("test"), {});
  ASSERT_TRUE(test.ok());
  EXPECT_EQ(test.value().train.clips, 0u);
  EXPECT_EQ(test.value().test.clips, 1u);
}

}  // namespace
}  // namespace quaver
