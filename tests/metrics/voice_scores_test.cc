#include "codec/metrics/voice_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "codec/metrics/band_pass.h"
#include "codec/metrics/frozen_noise.h"
#include "tests/metrics/clips.h"
#include "tests/metrics/tones.h"

namespace quaver {
namespace {

std::vector<float> Repeated(std::vector<float> sound, size_t period) {
  for (size_t i = period; i < sound.size(); ++i) sound[i] = sound[i - period];
  return sound;
}

TEST(FrozenNoise, IsOneIfEveryFrameIsAlike) {
  const auto frozen = FrozenNoise(Repeated(WhiteNoise(32000, 1), 320), {});
  EXPECT_NEAR(frozen.value(), 1, 0.02);  // the ends are not alike
  EXPECT_NEAR(FrozenNoise(Repeated(WhiteNoise(32000, 1), 160), {}).value(), 1, 0.02);
}

TEST(FrozenNoise, IsNothingInNoise) {
  EXPECT_NEAR(FrozenNoise(WhiteNoise(64000, 1), {}).value(), 0, 0.03);
  EXPECT_NEAR(FrozenNoise(Repeated(WhiteNoise(64000, 1), 480), {}).value(), 0, 0.1);  // of another period
}

TEST(FrozenNoise, IsTheShareOfThePowerThatRepeats) {
  auto sound = Repeated(WhiteNoise(64000, 1), 320);
  const auto fresh = WhiteNoise(64000, 2);
  for (size_t i = 0; i < sound.size(); ++i) sound[i] += fresh[i];
  EXPECT_NEAR(FrozenNoise(sound, {}).value(), 0.5, 0.05);
}

TEST(FrozenNoise, LooksAtUnvoicedSoundAlone) {
  // Two seconds of frozen noise, then two of white noise: a track that calls one of them voiced hides it.
  auto sound = Repeated(WhiteNoise(64000, 1), 320);
  const auto fresh = WhiteNoise(32000, 2);
  std::copy(fresh.begin(), fresh.end(), sound.begin() + 32000);
  std::vector<double> pitch(396);
  std::fill(pitch.begin(), pitch.begin() + 200, 100.0);
  EXPECT_NEAR(FrozenNoise(sound, pitch).value(), 0, 0.04);
  pitch.assign(396, 0);
  std::fill(pitch.begin() + 195, pitch.end(), 100.0);
  EXPECT_NEAR(FrozenNoise(sound, pitch).value(), 1, 0.04);
  pitch.assign(396, 100);
  EXPECT_EQ(FrozenNoise(sound, pitch), std::nullopt);
}

TEST(FrozenNoise, HasNothingToSayOfSilenceAndOfFewPlaces) {
  EXPECT_EQ(FrozenNoise(std::vector<float>(32000), {}), std::nullopt);
  EXPECT_EQ(FrozenNoise({}, {}), std::nullopt);
  EXPECT_EQ(FrozenNoise(WhiteNoise(3 * 320, 1), {}), std::nullopt);  // one place in each band
  EXPECT_TRUE(FrozenNoise(WhiteNoise(6 * 320, 1), {}).has_value());
}

TEST(FrozenNoise, OfRealSpeechIsNothing) {
  double sum = 0;
  for (const char* name : {"de-thorsten-03.flac", "en-librispeech-3699.flac", "en-librispeech-6415.flac",
                           "en-vctk-p228.flac", "en-vctk-p243.flac", "fr-common-voice-3.flac"}) {
    const auto clip = Clip(name);
    sum += FrozenNoise(clip, TrackPitch(clip)).value() / 6;
  }
  EXPECT_NEAR(sum, 0, 0.02);
}

TEST(BandPass, HasTheGainsOfButterworthsFilterTwice) {
  for (const auto& [hertz, gain] :
       {std::pair{1000.0, 0.0}, {2000.0, 0.5}, {3000.0, 1.0}, {4000.0, 0.5}, {6000.0, 0.0}}) {
    std::vector<float> tone(20000);
    for (size_t i = 0; i < tone.size(); ++i)
      tone[i] = static_cast<float>(std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / 16000));
    const auto out = internal::BandPass(tone, 2000, 4000);
    ASSERT_EQ(out.size(), tone.size());
    double most = 0;
    for (size_t i = 500; i + 500 < tone.size(); ++i)  // across the blocks, in phase
      most = std::max(most, std::abs(out[i] - gain * static_cast<double>(tone[i])));
    EXPECT_LT(most, 2e-3) << hertz;
  }
}

TEST(VoiceScores, EqualClipsHaveNoErrors) {
  const auto clip = Clip("en-vctk-p228.flac");
  const auto scores = ScoreVoice(clip, clip);
  ASSERT_TRUE(scores.ok()) << scores.message();
  EXPECT_EQ(scores.value().pitch.cents, 0.0);
  EXPECT_EQ(scores.value().pitch.gross, 0.0);
  EXPECT_EQ(scores.value().pitch.voicing_error, 0.0);
  EXPECT_EQ(scores.value().level_db, 0.0);
}

TEST(VoiceScores, LevelIsThatOfTheLoudParts) {
  std::vector<float> clip(48000);
  for (size_t i = 0; i < 16000; ++i) clip[i] = i % 2 == 0 ? 0.1F : -0.1F;
  auto decoded = clip;
  for (float& x : decoded) x *= 0.5F;
  for (size_t i = 32000; i < 48000; ++i) decoded[i] = 0.01F;  // where the reference is silent
  EXPECT_NEAR(LevelDifference(clip, decoded).value(), -20 * std::log10(2.0), 1e-4);
  EXPECT_EQ(LevelDifference(std::vector<float>(48000), decoded), std::nullopt);
  EXPECT_EQ(LevelDifference(std::span(clip).first(1599), decoded), std::nullopt);
}

TEST(VoiceScores, ShortAndBrokenClips) {
  const auto clip = Clip("en-vctk-p228.flac");
  const auto nothing = ScoreVoice({}, clip);
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing.value().pitch.voicing_error, std::nullopt);
  EXPECT_EQ(nothing.value().frozen_noise, std::nullopt);
  auto broken = clip;
  broken[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(ScoreVoice(clip, broken).ok());
  EXPECT_FALSE(ScoreVoice(broken, clip).ok());
}

}  // namespace
}  // namespace quaver
