#include "codec/train/data/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "codec/util/real_fft.h"
#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

constexpr double kRate = 16000;

double Power(std::span<const float> x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v) * v;
  return sum / static_cast<double>(x.size());
}

double Db(double ratio) { return 10 * std::log10(ratio); }

// Energy between two frequencies, Hz.
double BandEnergy(std::span<const float> x, double low, double high) {
  internal::RealFft fft(x.size());
  const std::vector<double> wave(x.begin(), x.end());
  const auto bins = fft.Forward(wave);
  double sum = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    const double hz = static_cast<double>(i) * kRate / static_cast<double>(x.size());
    if (hz >= low && hz < high) sum += std::norm(bins[i]);
  }
  return sum;
}

std::vector<float> Tone(double hz, size_t count) {
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(0.1 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / kRate));
  return out;
}

std::vector<float> Minus(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> out(a.size());
  std::transform(a.begin(), a.end(), b.begin(), out.begin(), std::minus<>());
  return out;
}

TEST(Augment, SpeedMovesPitchAndLength) {
  for (const double speed : {0.9, 0.97, 1.03, 1.1}) {
    const auto out = ChangeSpeed(Tone(1000, 16000), speed);
    EXPECT_NEAR(static_cast<double>(out.size()), 16000 / speed, 1.5);
    const std::span<const float> inside = std::span(out).subspan(1000, 12000);
    EXPECT_GT(BandEnergy(inside, 1000 * speed - 15, 1000 * speed + 15), 0.98 * BandEnergy(inside, 0, 8001));
  }
}

TEST(Augment, NoiseHasTheSnrAskedFor) {
  const auto speech = SomeSpeech(0, 16000);
  std::mt19937_64 random(1);
  for (const double snr : {5.0, 20.0}) {
    for (const bool pink : {false, true}) {
      auto noisy = speech;
      Mix(noisy, pink ? PinkNoise(16000, random) : WhiteNoise(16000, random), snr);
      EXPECT_NEAR(Db(Power(speech) / Power(Minus(noisy, speech))), snr, 0.05);
    }
  }
  auto half = speech;  // a second crop that ends early counts over the whole
  Mix(half, SomeSpeech(1, 8000), 10);
  EXPECT_NEAR(Db(Power(speech) / Power(Minus(half, speech))), 10, 0.05);
  std::vector<float> silence(100);
  Mix(silence, WhiteNoise(100, random), 10);
  EXPECT_EQ(Power(silence), 0);
}

TEST(Augment, PinkNoiseFallsByThreeDecibelsAnOctave) {
  std::mt19937_64 random(2);
  const auto white = WhiteNoise(1 << 17, random);
  const auto pink = PinkNoise(1 << 17, random);
  EXPECT_NEAR(Power(white), 1, 0.02);
  for (const double hz : {125.0, 500.0, 2000.0}) {
    // The same energy in every octave; white noise doubles it.
    EXPECT_NEAR(Db(BandEnergy(pink, 2 * hz, 4 * hz) / BandEnergy(pink, hz, 2 * hz)), 0, 1) << hz;
    EXPECT_NEAR(Db(BandEnergy(white, 2 * hz, 4 * hz) / BandEnergy(white, hz, 2 * hz)), 3, 0.4) << hz;
  }
}

TEST(Augment, BandLimitsCutWhatIsOutside) {
  std::mt19937_64 random(3);
  const auto white = WhiteNoise(1 << 15, random);
  auto high = white;
  HighPass(high, kRate, 400);
  EXPECT_LT(Db(BandEnergy(high, 20, 200) / BandEnergy(white, 20, 200)), -22);
  EXPECT_NEAR(Db(BandEnergy(high, 1000, 7900) / BandEnergy(white, 1000, 7900)), 0, 0.2);
  auto low = white;
  LowPass(low, kRate, 2500);
  EXPECT_LT(Db(BandEnergy(low, 5000, 8000) / BandEnergy(white, 5000, 8000)), -24);
  EXPECT_NEAR(Db(BandEnergy(low, 0, 1200) / BandEnergy(white, 0, 1200)), 0, 0.2);
}

TEST(Augment, TelephoneKeepsItsBandAndTheLevel) {
  const auto speech = SomeSpeech(2, 1 << 15);
  for (const double level : {-35.0, -15.0}) {
    auto line = speech;
    Telephone(line, kRate, level);
    EXPECT_NEAR(Db(Power(line) / Power(speech)), 0, 0.01);
    EXPECT_LT(BandEnergy(line, 4100, 8001), 1e-3 * BandEnergy(line, 0, 8001));
    EXPECT_LT(BandEnergy(line, 0, 120), 1e-2 * BandEnergy(line, 0, 8001));
    EXPECT_GT(BandEnergy(line, 300, 3400), 0.9 * BandEnergy(line, 0, 8001));
  }
  // mu-law: about 38 dB of signal to quantisation noise, at any level.
  auto tone = Tone(1000, 1 << 15);
  Telephone(tone, kRate, -25);
  const double in = BandEnergy(tone, 980, 1020);
  EXPECT_GT(Db(in / (BandEnergy(tone, 0, 8001) - in)), 30);
  EXPECT_LT(Db(in / (BandEnergy(tone, 0, 8001) - in)), 45);
}

TEST(Augment, ReverberationDecaysAsItsTimeSays) {
  for (const double rt60 : {0.15, 0.5}) {
    std::vector<float> click(16000);
    click[0] = 1;
    std::mt19937_64 random(4);
    Reverberate(click, kRate, rt60, -3, random);
    EXPECT_NEAR(click[0], 1, 1e-4);
    EXPECT_LT(Power(std::span(click).subspan(1, 78)), 1e-12);  // 5 ms until the room answers
    const auto tail = std::span<const float>(click).subspan(80);
    EXPECT_NEAR(Db(Power(tail) * static_cast<double>(tail.size())), -3, 0.01);
    // Two windows 0.3 * rt60 apart: 18 dB.
    const auto step = static_cast<size_t>(0.3 * rt60 * kRate);
    EXPECT_NEAR(Db(Power(tail.subspan(0, step)) / Power(tail.subspan(step, step))), 18, 1.5) << rt60;
  }
  // Linear and not circular: a click further on answers alike, and nothing comes before it.
  std::vector<float> early(16000);
  std::vector<float> late(16000);
  early[0] = late[15000] = 1;
  std::mt19937_64 one(6);
  std::mt19937_64 same(6);
  Reverberate(early, kRate, 0.6, 0, one);
  Reverberate(late, kRate, 0.6, 0, same);
  for (size_t i = 0; i < 1000; ++i) ASSERT_NEAR(late[15000 + i], early[i], 1e-6);
  for (size_t i = 0; i < 15000; ++i) ASSERT_NEAR(late[i], 0, 1e-6);
  auto speech = SomeSpeech(0, 8000);
  std::mt19937_64 random(5);
  const auto before = speech;
  Reverberate(speech, kRate, 0.3, -100, random);  // hardly any room
  EXPECT_LT(Power(Minus(speech, before)), 1e-8 * Power(before));
}

TEST(Augment, OverdriveLimitsThePeaksAlone) {
  const auto speech = SomeSpeech(3, 16000);
  const double rms = std::sqrt(Power(speech));
  for (const bool soft : {false, true}) {
    auto out = speech;
    Overdrive(out, 2, soft);
    for (size_t i = 0; i < out.size(); ++i) {
      ASSERT_LE(std::abs(out[i]), 2 * rms * 1.0001);
      if (std::abs(speech[i]) < 0.2 * rms) {
        ASSERT_NEAR(out[i], speech[i], 0.005 * std::abs(speech[i]) + 1e-7);
      }
    }
    EXPECT_LT(Power(Minus(out, speech)), 0.2 * Power(speech));
    EXPECT_GT(Power(Minus(out, speech)), 1e-4 * Power(speech));
  }
}

}  // namespace
}  // namespace quaver
