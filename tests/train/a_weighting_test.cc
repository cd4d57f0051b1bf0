#include "codec/train/a_weighting.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "codec/train/losses.h"

namespace quaver {
namespace {

double Decibels(double gain) { return 20 * std::log10(gain); }

// Table 3 of IEC 61672-1.
TEST(AWeighting, TheCurveIsThatOfTheStandard) {
  EXPECT_NEAR(Decibels(AWeight(100)), -19.1, 0.1);
  EXPECT_NEAR(Decibels(AWeight(500)), -3.2, 0.1);
  EXPECT_NEAR(Decibels(AWeight(1000)), 0, 1e-9);
  EXPECT_NEAR(Decibels(AWeight(2500)), 1.3, 0.1);
  EXPECT_NEAR(Decibels(AWeight(6300)), -0.1, 0.1);
}

TEST(AWeighting, TheFilterFollowsTheCurve) {
  const auto taps = AWeightingFilter(16000).flatten().to(torch::kDouble);
  for (const double hz : {200., 500., 1000., 2500., 4000., 7000.}) {
    const auto angle = torch::arange(taps.size(0), torch::kDouble) * (2 * std::numbers::pi * hz / 16000);
    const double gain =
        std::hypot((taps * angle.cos()).sum().item<double>(), (taps * angle.sin()).sum().item<double>());
    EXPECT_NEAR(Decibels(gain), Decibels(AWeight(hz)), 1.0) << hz;
  }
}

// The same error costs less where the ear is deaf.
TEST(AWeighting, LossesWeightTheBands) {
  LossOptions options;
  options.fft_sizes = {512};
  options.a_weighting = true;
  const ReconstructionLoss loss(options, 16000, torch::kCPU);
  const auto tone = [](double hz) {
    return 0.05 * torch::sin(torch::arange(8000) * (2 * std::numbers::pi * hz / 16000)).unsqueeze(0);
  };
  const auto speech = tone(440) + tone(2000);
  const double low = loss(speech, speech + 0.3 * tone(80)).convergence.item<double>();
  const double high = loss(speech, speech + 0.3 * tone(2900)).convergence.item<double>();
  EXPECT_LT(low, 0.5 * high);
}

}  // namespace
}  // namespace quaver
