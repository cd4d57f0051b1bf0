// Forth and back is a multiplication of the spectrum by the squared magnitude of the filter, for which there
// is a formula: no filter has to be designed. Blocks that overlap by what rings keep the memory constant.
#include "codec/metrics/band_pass.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

#include "codec/util/real_fft.h"

namespace quaver::internal {
namespace {

constexpr size_t kFft = 8192;
constexpr size_t kMargin = 1024;  // samples on either side of a block
constexpr size_t kBlock = kFft - 2 * kMargin;
constexpr int kOrder = 6;

std::vector<double> Gains(double low, double high) {
  const auto warped = [](double hz) { return std::tan(std::numbers::pi * hz / 16000); };
  const double a = warped(low), b = warped(high);
  std::vector<double> gains(kFft / 2 + 1, 0);
  for (size_t k = 1; k < kFft / 2; ++k) {
    const double w = warped(16000.0 * static_cast<double>(k) / kFft);
    gains[k] = 1 / (1 + std::pow((w * w - a * b) / (w * (b - a)), 2 * kOrder));
  }
  return gains;
}

}  // namespace

std::vector<double> BandPass(std::span<const float> samples, double low, double high) {
  const std::vector<double> gains = Gains(low, high);
  RealFft fft(kFft);
  std::vector<double> block(kFft), out(samples.size());
  std::vector<std::complex<double>> shaped(kFft / 2 + 1);
  for (size_t start = 0; start < samples.size(); start += kBlock) {
    for (size_t i = 0; i < kFft; ++i) {
      const size_t at = start + i;
      const bool inside = at >= kMargin && at - kMargin < samples.size();
      block[i] = inside ? static_cast<double>(samples[at - kMargin]) : 0;
    }
    const auto bins = fft.Forward(block);
    for (size_t k = 0; k < shaped.size(); ++k) shaped[k] = bins[k] * gains[k];
    const std::vector<double> filtered = InverseRealFft(shaped);
    const size_t n = std::min(kBlock, samples.size() - start);
    for (size_t i = 0; i < n; ++i) out[start + i] = filtered[kMargin + i] / kFft;
  }
  return out;
}

}  // namespace quaver::internal
