#include "codec/train/a_weighting.h"

#include <cmath>
#include <numbers>

namespace quaver {
namespace {

constexpr int64_t kTaps = 101;
constexpr int64_t kPoints = 4096;  // of the frequency sampling

// The analogue prototype of IEC 61672-1, annex E.
double Prototype(double hz) {
  const double f2 = hz * hz;
  return 12194.0 * 12194.0 * f2 * f2 /
         ((f2 + 20.6 * 20.6) * std::sqrt((f2 + 107.7 * 107.7) * (f2 + 737.9 * 737.9)) *
          (f2 + 12194.0 * 12194.0));
}

}  // namespace

double AWeight(double hz) { return Prototype(hz) / Prototype(1000); }

torch::Tensor AWeightingFilter(int sample_rate) {
  auto gains = torch::zeros({kPoints / 2 + 1}, torch::kDouble);
  for (int64_t k = 0; k < gains.size(0); ++k)
    gains[k] = AWeight(static_cast<double>(k) * sample_rate / static_cast<double>(kPoints));
  const auto response = torch::fft_irfft(gains, kPoints).roll(kTaps / 2).slice(0, 0, kTaps);
  const auto n = torch::arange(kTaps, torch::kDouble);
  const auto hann = 0.5 - 0.5 * torch::cos((n + 1) * (2 * std::numbers::pi / (kTaps + 1)));
  return (response * hann).to(torch::kFloat).view({1, 1, kTaps});
}

}  // namespace quaver
