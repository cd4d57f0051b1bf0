#include "codec/io/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace quaver {
namespace {

// A few tones below 6 kHz that swell and fade, so that the ends are quiet.
std::vector<float> Tones(size_t n, double rate) {
  std::vector<float> out(n);
  for (size_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i) / rate;
    const double length = static_cast<double>(n) / rate;
    double x = 0;
    for (const double f : {170.0, 911.0, 2303.0, 5501.0}) x += std::sin(2 * std::numbers::pi * f * t + f);
    out[i] = static_cast<float>(0.2 * x * std::sin(std::numbers::pi * t / length));
  }
  return out;
}

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest;
}

TEST(Resampler, LengthIsExact) {
  for (const double in : {8000.0, 11025.0, 16000.0, 44100.0, 48000.0, 192000.0}) {
    for (const double out : {8000.0, 16000.0, 44100.0, 48000.0}) {
      for (const size_t n : {0, 1, 2, 159, 1000, 44099, 44100, 44101}) {
        const auto result = Resample(std::vector<float>(n, 0.25F), in, out);
        ASSERT_TRUE(result.ok()) << result.message();
        EXPECT_EQ(result.value().size(), ResampledLength(n, in, out)) << n << ": " << in << " to " << out;
      }
    }
  }
}

// The sampled signal at the other rate is known, so this sees delay (1 sample would be an error of 1), gain
// and distortion at once.
TEST(Resampler, OutputIsTheSignalAtTheSameTimes) {
  for (const double in : {16000.0, 22050.0, 44100.0, 48000.0}) {
    for (const double out : {16000.0, 44100.0, 48000.0}) {
      const auto n = static_cast<size_t>(in);
      const auto result = Resample(Tones(n, in), in, out);
      ASSERT_TRUE(result.ok());
      EXPECT_LT(LargestDifference(result.value(), Tones(static_cast<size_t>(out), out)), 1e-3)
          << in << " to " << out;
    }
  }
}

TEST(Resampler, ThereAndBackIsTheSame) {
  const auto signal = Tones(44100 + 7, 44100);
  const auto low = Resample(signal, 44100, 16000);
  ASSERT_TRUE(low.ok());
  const auto back = Resample(low.value(), 16000, 44100);
  ASSERT_TRUE(back.ok());
  EXPECT_LE(signal.size() > back.value().size() ? signal.size() - back.value().size()
                                                : back.value().size() - signal.size(),
            2U);
  EXPECT_LT(LargestDifference(back.value(), signal), 1e-3);
}

TEST(Resampler, ChunksDoNotChangeTheOutput) {
  const auto signal = Tones(20000, 44100);
  const auto whole = Resample(signal, 44100, 16000);
  ASSERT_TRUE(whole.ok());
  auto resampler = Resampler::Create(44100, 16000);
  ASSERT_TRUE(resampler.ok());
  for (int repeat = 0; repeat < 2; ++repeat) {  // Flush() makes it as fresh
    std::vector<float> out;
    for (size_t i = 0, step = 1; i < signal.size(); i += step, step = step * 3 % 1009) {
      const size_t n = std::min(step, signal.size() - i);
      ASSERT_TRUE(resampler.value()->Process(std::span(signal).subspan(i, n), out).ok());
      step = n;
    }
    ASSERT_TRUE(resampler.value()->Flush(out).ok());
    EXPECT_EQ(out, whole.value());
  }
}

TEST(Resampler, StreamsWithLittleDelay) {
  auto resampler = Resampler::Create(48000, 16000);
  ASSERT_TRUE(resampler.ok());
  std::vector<float> out;
  ASSERT_TRUE(resampler.value()->Process(std::vector<float>(48000, 0.5F), out).ok());
  EXPECT_GT(out.size(), 15000U);
}

TEST(Resampler, EqualRatesCopy) {
  const std::vector<float> signal = {0.1F, -0.2F, 0.3F};
  EXPECT_EQ(Resample(signal, 16000, 16000).value(), signal);
}

TEST(Resampler, NotFiniteCountsAsZero) {
  std::vector<float> signal(4410, 0.0F);
  signal[100] = std::numeric_limits<float>::quiet_NaN();
  signal[200] = std::numeric_limits<float>::infinity();
  for (const double rate : {16000.0, 44100.0}) {
    const auto out = Resample(signal, 44100, rate);
    ASSERT_TRUE(out.ok());
    for (const float x : out.value()) EXPECT_EQ(x, 0.0F);
  }
}

TEST(Resampler, RefusesRatesThatMakeNoSense) {
  EXPECT_FALSE(Resampler::Create(0, 16000).ok());
  EXPECT_FALSE(Resampler::Create(16000, -1).ok());
  EXPECT_FALSE(Resampler::Create(16000, std::numeric_limits<double>::quiet_NaN()).ok());
  EXPECT_FALSE(Resampler::Create(16000, std::numeric_limits<double>::infinity()).ok());
  EXPECT_FALSE(Resampler::Create(1, 16000).ok());
}

}  // namespace
}  // namespace quaver
