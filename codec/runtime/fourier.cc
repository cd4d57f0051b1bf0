#include "codec/runtime/fourier.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace quaver::internal {
namespace {

constexpr double kPi = std::numbers::pi;

// cos and sin of 2 pi k n / size from a table of one turn: that loses nothing to large angles, and is quick.
class Turn {
 public:
  explicit Turn(int size) : size_(size) {
    for (int i = 0; i < size; ++i) {
      const double angle = 2 * kPi * i / size;
      cos_.push_back(std::cos(angle));
      sin_.push_back(std::sin(angle));
    }
  }
  double Cos(int k, int n) const { return cos_[Index(k, n)]; }
  double Sin(int k, int n) const { return sin_[Index(k, n)]; }

 private:
  size_t Index(int k, int n) const { return static_cast<size_t>(static_cast<int64_t>(k) * n % size_); }
  int size_;
  std::vector<double> cos_;
  std::vector<double> sin_;
};

double SynthesisWindow(const Config& config, int n) {
  const int from_end = config.synthesis_window() - 1 - n;
  const int edge = n < from_end ? n : from_end;
  if (edge >= config.overlap) return 1;
  const double s = std::sin(kPi / 2 * (edge + 0.5) / config.overlap);
  return s * s;
}

}  // namespace

Matrix AnalysisMatrix(Arena& arena, const Config& config) {
  const int size = config.window;
  const int bins = config.bins();
  const Turn turn(size);
  Matrix matrix(arena, size, 2 * Padded(bins), Matrix::Type::kFloat);
  for (int n = 0; n < size; ++n) {
    const double hann = 0.5 - 0.5 * std::cos(2 * kPi * n / size);
    for (int k = 0; k < bins; ++k) {
      matrix.Set(n, k, static_cast<float>(hann * turn.Cos(k, n)));
      matrix.Set(n, Padded(bins) + k, static_cast<float>(-hann * turn.Sin(k, n)));
    }
  }
  return matrix;
}

Matrix SynthesisMatrix(Arena& arena, const Config& config) {
  const int size = config.synthesis_window();
  const int bins = config.synthesis_bins();
  const Turn turn(size);
  Matrix matrix(arena, 2 * Padded(bins), size, Matrix::Type::kFloat);
  for (int k = 0; k < bins; ++k) {
    const bool edge = k == 0 || 2 * k == size;
    for (int n = 0; n < size; ++n) {
      const double gain = (edge ? 1.0 : 2.0) / size * SynthesisWindow(config, n);
      matrix.Set(k, n, static_cast<float>(gain * turn.Cos(k, n)));
      if (!edge) matrix.Set(Padded(bins) + k, n, static_cast<float>(-gain * turn.Sin(k, n)));
    }
  }
  return matrix;
}

}  // namespace quaver::internal
