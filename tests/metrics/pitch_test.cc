#include "codec/metrics/pitch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "codec/metrics/voice_scores.h"
#include "tests/metrics/clips.h"
#include "tests/metrics/damage.h"
#include "tests/metrics/tones.h"

namespace quaver {
namespace {

double Cents(double a, double b) { return 1200 * std::abs(std::log2(a / b)); }

double Voiced(const std::vector<double>& pitch) {
  const auto voiced = std::count_if(pitch.begin(), pitch.end(), [](double hertz) { return hertz > 0; });
  return static_cast<double>(voiced) / static_cast<double>(pitch.size());
}

// praat.json: Praat 6.1.38 (praat-parselmouth 0.4.7) and SciPy, by make_praat_fixture.py.
class AgreesWithPraat : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(QUAVER_SOURCE_DIR "/tests/metrics/praat.json");
    fixture_ = nlohmann::json::parse(file, nullptr, false);
    ASSERT_TRUE(fixture_.is_object());
    ASSERT_EQ(fixture_["clips"].size(), 2U);
  }
  nlohmann::json fixture_;
};

TEST_F(AgreesWithPraat, FrameByFrame) {
  for (const auto& entry : fixture_["clips"]) {
    const auto praat = entry["hertz"].get<std::vector<double>>();
    const auto pitch = TrackPitch(Clip(entry["clip"].get<std::string>()));
    ASSERT_EQ(pitch.size(), praat.size());
    const PitchDifference difference = ComparePitch(praat, pitch);
    EXPECT_LT(difference.voicing_error.value(), 0.003) << entry["clip"];
    EXPECT_LT(difference.gross.value(), 0.003) << entry["clip"];
    EXPECT_LT(difference.cents.value(), 0.2) << entry["clip"];
  }
}

TEST_F(AgreesWithPraat, InWhatDamageDoes) {
  for (const auto& entry : fixture_["clips"]) {
    const auto clip = Clip(entry["clip"].get<std::string>());
    for (const auto& row : entry["damaged"]) {
      const auto scores = ScoreVoice(clip, Damaged(clip, row["damage"].get<std::string>()));
      ASSERT_TRUE(scores.ok()) << scores.message();
      const VoiceScores& s = scores.value();
      EXPECT_NEAR(s.pitch.cents.value(), row["cents"].get<double>(), 0.3) << row;
      EXPECT_NEAR(s.pitch.gross.value(), row["gross"].get<double>(), 0.006) << row;
      EXPECT_NEAR(s.pitch.voicing_error.value(), row["voicing_error"].get<double>(), 0.01) << row;
      EXPECT_NEAR(s.frozen_noise.value(), row["frozen_noise"].get<double>(), 0.01) << row;
      EXPECT_NEAR(s.level_db.value(), row["level_db"].get<double>(), 1e-3) << row;
    }
  }
}

TEST(Pitch, FollowsAGlide) {
  for (const double from : {80.0, 150.0, 230.0}) {  // an octave in two seconds
    const auto hertz = [from](double t) { return from * std::exp2(t / 2); };
    const auto pitch = TrackPitch(Voice(2, hertz));
    ASSERT_EQ(pitch.size(), 196U);
    for (size_t t = 0; t < pitch.size(); ++t) {
      const double seconds = 1 + (static_cast<double>(t) - 97.5) * kPitchStep;
      ASSERT_GT(pitch[t], 0) << from << ", frame " << t;
      EXPECT_LT(Cents(pitch[t], hertz(seconds)), 8) << from << ", frame " << t;
    }
  }
}

TEST(Pitch, DoesNotDependOnLevel) {
  const auto clip = Clip("en-vctk-p228.flac");
  auto quiet = clip;
  for (float& x : quiet) x *= 0.0625F;
  const PitchDifference difference = ComparePitch(TrackPitch(clip), TrackPitch(quiet));
  EXPECT_EQ(difference.voicing_error, 0.0);
  EXPECT_LT(difference.cents.value(), 1e-3);
}

TEST(Pitch, NoiseAndSilenceHaveNone) {
  EXPECT_LT(Voiced(TrackPitch(WhiteNoise(32000, 1))), 0.05);
  EXPECT_EQ(Voiced(TrackPitch(std::vector<float>(16000))), 0);
  EXPECT_EQ(Voiced(TrackPitch(std::vector<float>(16000, 0.5F))), 0);
  EXPECT_TRUE(TrackPitch({}).empty());
  EXPECT_TRUE(TrackPitch(std::vector<float>(799, 0.1F)).empty());
  EXPECT_EQ(TrackPitch(std::vector<float>(800, 0.1F)).size(), 1U);
}

TEST(Pitch, AnOctaveOffIsGross) {
  const auto at = [](double hertz) { return TrackPitch(Voice(1, [hertz](double) { return hertz; })); };
  const auto low = at(110);
  const PitchDifference octave = ComparePitch(low, at(220));
  EXPECT_EQ(octave.gross, 1.0);
  EXPECT_NEAR(octave.cents.value(), 1200, 2);
  EXPECT_EQ(octave.voicing_error, 0.0);
  const PitchDifference tone = ComparePitch(low, at(110 * std::exp2(2.0 / 12)));
  EXPECT_EQ(tone.gross, 0.0);
  EXPECT_NEAR(tone.cents.value(), 200, 2);
}

TEST(Pitch, DifferencesAreCountedWhereThereIsAPitch) {
  const std::vector<double> reference = {100, 100, 0, 0, 100, 100};
  const std::vector<double> decoded = {100, 0, 200, 0, 200, 100, 300};  // of the last nothing is known
  const PitchDifference difference = ComparePitch(reference, decoded);
  EXPECT_NEAR(difference.voicing_error.value(), 2.0 / 6, 1e-12);
  EXPECT_NEAR(difference.gross.value(), 1.0 / 3, 1e-12);
  EXPECT_EQ(difference.cents.value(), 0);
  const std::vector<double> unvoiced(6);
  EXPECT_EQ(ComparePitch(reference, unvoiced).cents, std::nullopt);
  EXPECT_EQ(ComparePitch(reference, unvoiced).gross, std::nullopt);
  EXPECT_EQ(ComparePitch({}, unvoiced).voicing_error, std::nullopt);
}

}  // namespace
}  // namespace quaver
