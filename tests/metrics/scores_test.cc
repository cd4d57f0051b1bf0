#include "codec/metrics/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "codec/metrics/estoi.h"
#include "tests/metrics/clips.h"
#include "tests/metrics/damage.h"

namespace quaver {
namespace {

constexpr char kClip[] = "en-vctk-p228.flac";

TEST(Scores, AgreeWithPystoiAndNumpy) {
  std::ifstream file(QUAVER_SOURCE_DIR "/tests/metrics/pystoi.json");
  const auto fixture = nlohmann::json::parse(file, nullptr, false);
  ASSERT_TRUE(fixture.is_array());
  ASSERT_EQ(fixture.size(), 24U);
  for (const auto& row : fixture) {
    const auto clip = Clip(row["clip"].get<std::string>());
    const auto score = Score(clip, Damaged(clip, row["damage"].get<std::string>()));
    ASSERT_TRUE(score.ok()) << score.message();
    // Quantising leaves digital silence, where pystoi draws random numbers: its own figures spread by 1e-3.
    const double tolerance = row["damage"] == "quantised" ? 1e-3 : 1e-6;
    EXPECT_NEAR(score.value().estoi, row["estoi"].get<double>(), tolerance) << row;
    EXPECT_NEAR(score.value().log_mel_db, row["log_mel_db"].get<double>(), 1e-4) << row;
    EXPECT_NEAR(score.value().si_sdr_db, row["si_sdr_db"].get<double>(), 1e-4) << row;
  }
}

TEST(Scores, EqualClipsArePerfect) {
  const auto clip = Clip(kClip);
  const auto score = Score(clip, clip);
  ASSERT_TRUE(score.ok()) << score.message();
  EXPECT_NEAR(score.value().estoi, 1.0, 1e-9);
  EXPECT_EQ(score.value().log_mel_db, 0.0);
  EXPECT_GT(score.value().si_sdr_db, 100.0);
}

TEST(Scores, SiSdrIgnoresGainAndFollowsNoise) {
  const auto clip = Clip(kClip);
  const auto noisy = Damaged(clip, "noisy");
  auto louder = noisy;
  for (float& x : louder) x *= 4;
  EXPECT_NEAR(SiSdr(clip, noisy), 10.0, 0.1);
  EXPECT_NEAR(SiSdr(clip, louder), SiSdr(clip, noisy), 1e-3);
}

TEST(Scores, LogMelSeesAGainAsDecibels) {
  const auto clip = Damaged(Clip(kClip), "noisy");
  auto louder = clip;
  for (float& x : louder) x *= 2;
  const auto distance = LogMelDistance(clip, louder);
  ASSERT_TRUE(distance.ok());
  EXPECT_NEAR(distance.value(), 20 * std::log10(2.0), 1e-3);
}

TEST(Scores, EstoiIgnoresGainAndRanksDamage) {
  const auto clip = Clip(kClip);
  auto louder = clip;
  for (float& x : louder) x *= 0.25F;
  EXPECT_NEAR(Estoi(clip, louder).value(), 1.0, 1e-9);
  const double once = Estoi(clip, Damaged(clip, "noisy")).value();
  const double twice = Estoi(clip, Damaged(Damaged(clip, "noisy"), "echo")).value();
  EXPECT_LT(once, 0.95);
  EXPECT_LT(twice, once);
}

TEST(Scores, RefuseWhatTheyCannotScore) {
  const auto clip = Clip(kClip);
  const std::vector<float> silence(16000);
  EXPECT_FALSE(Score(std::span(clip).first(4000), std::span(clip).first(4000)).ok());
  EXPECT_FALSE(Score({}, {}).ok());
  EXPECT_FALSE(LogMelDistance(std::span(clip).first(1024), std::span(clip).first(1024)).ok());
  EXPECT_TRUE(LogMelDistance(std::span(clip).first(1025), std::span(clip).first(1025)).ok());
  EXPECT_FALSE(Estoi(clip, std::span(clip).first(clip.size() - 1)).ok());
  auto broken = clip;
  broken[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(Score(clip, broken).ok());
  // Silence is not too short, but correlates with nothing.
  const auto quiet = Estoi(silence, silence);
  ASSERT_TRUE(quiet.ok()) << quiet.message();
  EXPECT_EQ(quiet.value(), 0.0);
}

TEST(Align, FindsTheLagOfADelayedClip) {
  const auto clip = Clip(kClip);
  for (const int lag : {-64, -13, 0, 1, 137, 959}) {
    std::vector<float> decoded(clip.size());
    for (long i = 0; i < static_cast<long>(clip.size()); ++i) {
      const long from = i - lag;
      if (from >= 0 && from < static_cast<long>(clip.size())) {
        decoded[static_cast<size_t>(i)] = clip[static_cast<size_t>(from)];
      }
    }
    decoded = Damaged(decoded, "noisy");
    EXPECT_EQ(AlignLag(clip, decoded), lag);
    const ClipPair pair = AtLag(clip, decoded, lag);
    ASSERT_EQ(pair.reference.size(), pair.decoded.size());
    EXPECT_GT(SiSdr(pair.reference, pair.decoded), 9.0) << lag;
  }
}

TEST(Align, HasNoOpinionOnSilenceOrNothing) {
  const std::vector<float> silence(5000);
  EXPECT_EQ(AlignLag(silence, silence), 0);
  EXPECT_EQ(AlignLag({}, {}), 0);
  const std::vector<float> few = {0.5F, -0.5F, 0.25F};
  EXPECT_EQ(AlignLag(few, few), 0);
  EXPECT_EQ(AtLag(few, few, 7).reference.size(), 0U);
}

}  // namespace
}  // namespace quaver
