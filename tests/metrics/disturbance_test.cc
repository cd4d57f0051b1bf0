// How much each frame of a sound is disturbed.
#include "codec/metrics/disturbance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "tests/metrics/clips.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;
constexpr size_t kFrames = 100;

const std::vector<float>& Speech() {
  static const std::vector<float> clip = [] {
    auto samples = Clip("en-vctk-p228.flac");
    samples.resize(kFrames * kFrame);
    return samples;
  }();
  return clip;
}

std::vector<float> Noisy(const std::vector<float>& clip, float level, size_t first = 0,
                         size_t last = kFrames) {
  std::mt19937 random(4);
  std::normal_distribution<float> noise(0, level);
  auto noisy = clip;
  for (size_t i = first * kFrame; i < last * kFrame; ++i) noisy[i] += noise(random);
  return noisy;
}

std::vector<float> Scaled(std::vector<float> samples, float factor) {
  for (float& sample : samples) sample *= factor;
  return samples;
}

std::vector<double> Squares(const std::vector<float>& reference, const std::vector<float>& decoded) {
  Disturbance disturbance(16000, kFrame);
  disturbance.SetReference(reference);
  return disturbance.Squares(decoded);
}

double Sum(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); }

TEST(Disturbance, IsNoneForTheSoundItselfAndGrowsWithNoise) {
  double before = 0;
  EXPECT_EQ(Sum(Squares(Speech(), Speech())), 0);
  for (const float level : {1e-3f, 3e-3f, 1e-2f, 3e-2f}) {
    const auto squares = Squares(Speech(), Noisy(Speech(), level));
    ASSERT_EQ(squares.size(), kFrames);
    EXPECT_GT(Sum(squares), 1.2 * before) << level;
    for (const double square : squares) EXPECT_LE(square, 25 * 1.4);
    before = Sum(squares);
  }
}

TEST(Disturbance, IsWhereTheNoiseIs) {
  const auto squares = Squares(Speech(), Noisy(Speech(), 0.02f, 40, 60));
  for (size_t frame = 0; frame < kFrames; ++frame) {
    if (frame + 1 < 40 || frame > 60) {
      EXPECT_EQ(squares[frame], 0) << frame;
    } else if (frame >= 40 && frame < 60) {
      EXPECT_GT(squares[frame], 0) << frame;
    }
  }
}

TEST(Disturbance, DoesNotDependOnTheLevel) {
  const auto noisy = Noisy(Speech(), 0.01f);
  const auto expected = Squares(Speech(), noisy);
  for (const float factor : {0.25f, 2.0f}) {
    const auto squares = Squares(Scaled(Speech(), factor), Scaled(noisy, factor));
    for (size_t frame = 0; frame < kFrames; ++frame)
      EXPECT_NEAR(squares[frame], expected[frame], 1e-6 + 1e-5 * expected[frame]) << factor << " " << frame;
  }
}

TEST(Disturbance, CountsWhatIsAddedForMoreThanWhatIsMissing) {
  // 9.5 dB too loud, or as much too quiet.
  const double added = Sum(Squares(Speech(), Scaled(Speech(), 3)));
  const double missing = Sum(Squares(Speech(), Scaled(Speech(), 1 / 3.0f)));
  EXPECT_GT(added, 1.5 * missing);
}

TEST(Disturbance, HearsNothingInSilenceBelowTheThreshold) {
  const std::vector<float> silence(kFrames * kFrame);
  EXPECT_LT(Sum(Squares(silence, Noisy(silence, 1e-7f))), 1e-9);
  EXPECT_GT(Sum(Squares(silence, Noisy(silence, 1e-2f))), 1);
}

TEST(Disturbance, OfSomeWindowsNeedsTheSoundAroundThemAlone) {
  const auto noisy = Noisy(Speech(), 0.01f);
  Disturbance disturbance(16000, kFrame);
  disturbance.SetReference(Speech());
  const auto squares = disturbance.Squares(noisy);
  constexpr size_t kWindows = Disturbance::kWindows;
  for (const size_t frame : {size_t{0}, size_t{1}, size_t{50}, kFrames - 1}) {
    const size_t start = (frame == 0 ? 0 : frame - 1) * kFrame;
    const size_t end = std::min(noisy.size(), (frame + 2) * kFrame);
    const double sum = disturbance.SumOfSquares(std::span(noisy).subspan(start, end - start), start,
                                                frame * kWindows, (frame + 1) * kWindows);
    EXPECT_NEAR(sum / kWindows, squares[frame], 1e-12 + 1e-9 * squares[frame]) << frame;
  }
  const double all = disturbance.SumOfSquares(noisy, 0, 0, 10 * kFrames);  // no more than there are
  EXPECT_NEAR(all / kWindows, Sum(squares), 1e-9 * Sum(squares));
}

}  // namespace
}  // namespace quaver
