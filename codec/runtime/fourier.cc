#include "codec/runtime/fourier.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace quaver::internal {
namespace {

constexpr double kPi = std::numbers::pi;

// 2 pi k n / size with the product reduced first, so that large ones lose nothing.
double Angle(int k, int n, int size) {
  const int64_t turn = static_cast<int64_t>(k) * n % size;
  return 2 * kPi * static_cast<double>(turn) / size;
}

double SynthesisWindow(const Config& config, int n) {
  const int from_end = config.synthesis_window() - 1 - n;
  const int edge = n < from_end ? n : from_end;
  if (edge >= config.overlap) return 1;
  const double s = std::sin(kPi / 2 * (edge + 0.5) / config.overlap);
  return s * s;
}

}  // namespace

Matrix AnalysisMatrix(const Config& config) {
  const int size = config.window;
  const int bins = config.bins();
  Matrix matrix(size, 2 * Padded(bins));
  for (int n = 0; n < size; ++n) {
    const double hann = 0.5 - 0.5 * std::cos(2 * kPi * n / size);
    for (int k = 0; k < bins; ++k) {
      const double angle = Angle(k, n, size);
      matrix.Set(n, k, static_cast<float>(hann * std::cos(angle)));
      matrix.Set(n, Padded(bins) + k, static_cast<float>(-hann * std::sin(angle)));
    }
  }
  return matrix;
}

Matrix SynthesisMatrix(const Config& config) {
  const int size = config.synthesis_window();
  const int bins = config.synthesis_bins();
  Matrix matrix(2 * Padded(bins), size);
  for (int k = 0; k < bins; ++k) {
    const bool edge = k == 0 || 2 * k == size;
    for (int n = 0; n < size; ++n) {
      const double gain = (edge ? 1.0 : 2.0) / size * SynthesisWindow(config, n);
      const double angle = Angle(k, n, size);
      matrix.Set(k, n, static_cast<float>(gain * std::cos(angle)));
      if (!edge) matrix.Set(Padded(bins) + k, n, static_cast<float>(-gain * std::sin(angle)));
    }
  }
  return matrix;
}

}  // namespace quaver::internal
