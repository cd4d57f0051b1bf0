// How far each frame of a sound is from the original.
#include "codec/metrics/masked_distance.h"

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
  MaskedDistance distance(16000, kFrame);
  distance.SetReference(reference);
  return distance.Squares(decoded);
}

double Sum(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); }

TEST(MaskedDistance, IsNoneForTheSoundItselfAndGrowsWithNoise) {
  double before = 0;
  EXPECT_EQ(Sum(Squares(Speech(), Speech())), 0);
  for (const float level : {1e-3f, 3e-3f, 1e-2f, 3e-2f}) {
    const auto squares = Squares(Speech(), Noisy(Speech(), level));
    ASSERT_EQ(squares.size(), kFrames);
    EXPECT_GT(Sum(squares), 1.2 * before) << level;
    before = Sum(squares);
  }
}

TEST(MaskedDistance, IsWhereTheNoiseIs) {
  const auto squares = Squares(Speech(), Noisy(Speech(), 0.02f, 40, 60));
  for (size_t frame = 0; frame < kFrames; ++frame) {
    if (frame + 1 < 40 || frame > 60) {
      EXPECT_EQ(squares[frame], 0) << frame;
    } else if (frame >= 40 && frame < 60) {
      EXPECT_GT(squares[frame], 0) << frame;
    }
  }
}

TEST(MaskedDistance, DoesNotDependOnTheLevel) {
  const auto noisy = Noisy(Speech(), 0.01f);
  const auto expected = Squares(Speech(), noisy);
  for (const float factor : {0.25f, 2.0f}) {
    const auto squares = Squares(Scaled(Speech(), factor), Scaled(noisy, factor));
    for (size_t frame = 0; frame < kFrames; ++frame)
      EXPECT_NEAR(squares[frame], expected[frame], 1e-6 + 1e-5 * expected[frame]) << factor << " " << frame;
  }
}

// A band that a louder one masks may change by much; the same change of the louder band counts.
TEST(MaskedDistance, CountsWhatIsHeard) {
  std::vector<float> loud(kFrames * kFrame), both(kFrames * kFrame), louder(kFrames * kFrame);
  for (size_t i = 0; i < loud.size(); ++i) {
    const double t = static_cast<double>(i) / 16000;
    const double masker = 0.2 * std::sin(2 * M_PI * 1000 * t);
    const double hidden = 0.002 * std::sin(2 * M_PI * 1120 * t);  // 40 dB below, half a Bark above
    loud[i] = static_cast<float>(masker);
    both[i] = static_cast<float>(masker + hidden);
    louder[i] = static_cast<float>(1.5 * masker);
  }
  EXPECT_LT(Sum(Squares(loud, both)), 0.01 * Sum(Squares(loud, louder)));
  // In the clear, far from the masker, as faint a tone is heard.
  std::vector<float> clear = loud;
  for (size_t i = 0; i < clear.size(); ++i)
    clear[i] += static_cast<float>(0.002 * std::sin(2 * M_PI * 4000 * static_cast<double>(i) / 16000));
  EXPECT_GT(Sum(Squares(loud, clear)), 20 * Sum(Squares(loud, both)));
}

// Far above the threshold, a change of the level counts as what it is.
TEST(MaskedDistance, IsInDecibels) {
  const auto squares = Squares(Speech(), Scaled(Speech(), 1.1f));
  const double decibels = 20 * std::log10(1.1);
  for (const double square : squares) EXPECT_LE(square, decibels * decibels * (1 + 1e-6));
  EXPECT_GT(Sum(squares) / kFrames, 0.25 * decibels * decibels);
}

TEST(MaskedDistance, HearsNothingInSilenceBelowTheThreshold) {
  const std::vector<float> silence(kFrames * kFrame);
  EXPECT_LT(Sum(Squares(silence, Noisy(silence, 1e-7f))), 0.05);  // of 100 frames: .02 dB each
  EXPECT_GT(Sum(Squares(silence, Noisy(silence, 1e-2f))), 1);
}

TEST(MaskedDistance, OfSomeWindowsNeedsTheSoundAroundThemAlone) {
  const auto noisy = Noisy(Speech(), 0.01f);
  MaskedDistance distance(16000, kFrame);
  distance.SetReference(Speech());
  const auto squares = distance.Squares(noisy);
  constexpr size_t kWindows = MaskedDistance::kWindows;
  for (const size_t frame : {size_t{0}, size_t{1}, size_t{50}, kFrames - 1}) {
    const size_t start = (frame == 0 ? 0 : frame - 1) * kFrame;
    const size_t end = std::min(noisy.size(), (frame + 2) * kFrame);
    const double sum = distance.SumOfSquares(std::span(noisy).subspan(start, end - start), start,
                                                frame * kWindows, (frame + 1) * kWindows);
    EXPECT_NEAR(sum / kWindows, squares[frame], 1e-12 + 1e-9 * squares[frame]) << frame;
  }
  const double all = distance.SumOfSquares(noisy, 0, 0, 10 * kFrames);  // no more than there are
  EXPECT_NEAR(all / kWindows, Sum(squares), 1e-9 * Sum(squares));
}

}  // namespace
}  // namespace quaver
