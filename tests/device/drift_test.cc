// Microphone and loudspeaker by clocks of their own, in simulated time.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <thread>
#include <vector>

#include "apps/live/sinks.h"
#include "codec/device/drift_control.h"
#include "codec/device/variable_resampler.h"

namespace quaver {
namespace {

constexpr double kFrame = 0.02;    // seconds by the microphone's clock
constexpr double kReserve = 0.02;  // seconds
constexpr double kBlock = 0.01;    // seconds by the loudspeaker's clock

// The ring as a number: frames come in by one clock and are taken out by one that is `ppm` faster.
struct Extremes {
  double least = 1;
  double most = 0;
  double ppm = 0;
};
Extremes RunControl(double ppm, double hours, double settle) {
  DriftControl control(kReserve, kFrame);
  Extremes seen;
  double fill = kReserve;
  const auto frames = static_cast<long>(hours * 3600 / kFrame);
  for (long i = 0; i < frames; ++i) {
    fill += kFrame * control.Update(fill) - kFrame * (1 + 1e-6 * ppm);
    if (static_cast<double>(i) * kFrame < settle) continue;
    seen.least = std::min(seen.least, fill);
    seen.most = std::max(seen.most, fill);
  }
  seen.ppm = control.drift_ppm();
  return seen;
}

TEST(DriftControl, HoldsTheRingForHours) {
  for (const double ppm : {-300.0, -200.0, -20.0, 0.0, 20.0, 200.0, 300.0}) {
    const Extremes always = RunControl(ppm, 10, 0);
    EXPECT_GT(always.least, 0.005) << ppm;  // not empty while it finds the drift
    EXPECT_LT(always.most, 0.040) << ppm;
    const Extremes later = RunControl(ppm, 10, 600);
    EXPECT_NEAR(later.least, kReserve, 0.0005) << ppm;
    EXPECT_NEAR(later.most, kReserve, 0.0005) << ppm;
    EXPECT_NEAR(later.ppm, ppm, 1) << ppm;
  }
}

TEST(DriftControl, NeverBendsThePitchMuch) {
  DriftControl control(kReserve, kFrame);
  for (const double fill : {0.0, 1.0, 0.0, 5.0, 0.02}) {
    for (int i = 0; i < 1000; ++i) ASSERT_NEAR(control.Update(fill), 1, 0.005 + 1e-12);
  }
}

// Through the real sink, port and resampler: a tone stays a tone, and there is no gap.
class PlayoutTest : public testing::TestWithParam<double> {};

TEST_P(PlayoutTest, AToneComesOutWithoutAClick) {
  constexpr double kSeconds = 120;
  constexpr double kTone = 440;  // Hz
  const double ppm = GetParam();
  LoudspeakerSettings settings;
  auto port = LoudspeakerSink::MakePort(settings);
  auto sink = LoudspeakerSink::Create(*port, settings);
  ASSERT_TRUE(sink.ok()) << sink.message();
  std::vector<float> frame(320), block(480), heard;
  double next_frame = 0, next_block = 0.001;
  long sample = 0;
  while (next_block < kSeconds) {
    if (next_frame <= next_block) {
      for (float& x : frame)
        x = 0.5f * static_cast<float>(
                       std::sin(2 * std::numbers::pi * kTone * static_cast<double>(sample++) / 16000));
      const auto pushed = sink.value()->Push(frame);
      ASSERT_TRUE(pushed.ok() && pushed.value());
      next_frame += kFrame;
    } else {
      port->OnBlock(block);
      heard.insert(heard.end(), block.begin(), block.end());
      next_block += kBlock / (1 + 1e-6 * ppm);
    }
  }
  EXPECT_EQ(port->underruns(), uint64_t{0});
  EXPECT_LT(sink.value()->waiting(), 0.045);
  // A sine's second difference is at most amplitude * step^2; a click's is not.
  const double step = 2 * std::numbers::pi * kTone / 48000;
  double worst = 0;
  for (size_t i = 48000; i + 1 < heard.size(); ++i)
    worst = std::max(worst, std::fabs(static_cast<double>(heard[i - 1]) - 2.0 * heard[i] + heard[i + 1]));
  EXPECT_LT(worst, 0.5 * step * step * 1.05);
  EXPECT_GT(worst, 0.5 * step * step * 0.95);  // it is the tone that was measured
}

INSTANTIATE_TEST_SUITE_P(Clocks, PlayoutTest, testing::Values(-200.0, 0.0, 200.0));

// What piled up while the machine slept is dropped at once, not played late for minutes.
TEST(PlayoutTest, ABurstLeavesNoLatency) {
  LoudspeakerSettings settings;
  auto port = LoudspeakerSink::MakePort(settings);
  auto sink = LoudspeakerSink::Create(*port, settings);
  ASSERT_TRUE(sink.ok()) << sink.message();
  const std::vector<float> frame(320, 0.1f);
  std::vector<float> block(480);
  int dropped = 0;
  const auto push = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      const auto pushed = sink.value()->Push(frame);
      ASSERT_TRUE(pushed.ok());
      dropped += pushed.value() ? 0 : 1;
    }
  };
  push(100);  // two seconds at once
  for (int i = 0; i < 150; ++i) {
    port->OnBlock(block);
    port->OnBlock(block);
    push(1);
  }
  EXPECT_GT(dropped, 90);
  EXPECT_EQ(port->underruns(), uint64_t{0});
  EXPECT_LT(sink.value()->waiting(), settings.reserve + 1.5 * settings.frame);
}

// A microphone that gives 60 ms at a time needs the room that it takes: no frame may go.
TEST(PlayoutTest, BurstsThatComeAgainAndAgainKeepTheirRoom) {
  LoudspeakerSettings settings;
  settings.reserve = 0.06;
  auto port = LoudspeakerSink::MakePort(settings);
  auto sink = LoudspeakerSink::Create(*port, settings);
  ASSERT_TRUE(sink.ok()) << sink.message();
  const std::vector<float> frame(320, 0.1f);
  std::vector<float> block(480);
  for (int burst = 0; burst < 1000; ++burst) {
    for (int i = 0; i < 3; ++i) {
      const auto pushed = sink.value()->Push(frame);
      ASSERT_TRUE(pushed.ok() && pushed.value()) << burst;
    }
    for (int i = 0; i < 6; ++i) port->OnBlock(block);
  }
  EXPECT_EQ(port->underruns(), uint64_t{0});
}

// Under ThreadSanitizer: `told` is no atomic.
TEST(PlayoutTest, WhoeverHearsOfTheEndSeesWhatWasBefore) {
  for (int round = 0; round < 50; ++round) {
    PlayoutPort port(48000, 960);
    int told = 0;
    std::thread writer([&] {
      port.ring().Write(std::vector<float>(240, 0.5f));
      told = 1;
      port.Finish();
    });
    std::vector<float> block(480);
    for (; block[120] == 0; std::this_thread::yield()) port.OnBlock(block);  // silent until Finish()
    EXPECT_EQ(told, 1);
    writer.join();
    EXPECT_EQ(port.underruns(), uint64_t{0});
  }
}

TEST(PlayoutTest, AGapIsCountedOnceAndFades) {
  PlayoutPort port(48000, 960);
  std::vector<float> block(480);
  port.OnBlock(block);
  EXPECT_EQ(block, std::vector<float>(480, 0.0f));  // waits for the first 20 ms
  EXPECT_EQ(port.underruns(), uint64_t{0});
  ASSERT_EQ(port.ring().Write(std::vector<float>(960 + 240, 0.5f)), size_t{1200});
  std::vector<float> heard;
  for (int i = 0; i < 5; ++i) {
    port.OnBlock(block);
    heard.insert(heard.end(), block.begin(), block.end());
  }
  EXPECT_EQ(port.underruns(), uint64_t{1});
  float jump = 0;
  for (size_t i = 1; i < heard.size(); ++i) jump = std::max(jump, std::fabs(heard[i] - heard[i - 1]));
  EXPECT_LT(jump, 0.01f);
}

}  // namespace
}  // namespace quaver
