#include "codec/util/real_fft.h"

#include <algorithm>
#include <cmath>
#include <kissfft.hh>

namespace quaver::internal {

struct RealFft::Plan {
  explicit Plan(size_t size) : half(size / 2, false) {}
  kissfft<double> half;
};

RealFft::RealFft(size_t size)
    : plan_(std::make_unique<const Plan>(size)), frame_(size), bins_(size / 2 + 1) {}
RealFft::~RealFft() = default;

std::span<const std::complex<double>> RealFft::Forward(std::span<const double> frame) {
  const size_t n = std::min(frame.size(), frame_.size());
  std::copy_n(frame.begin(), n, frame_.begin());
  std::fill(frame_.begin() + static_cast<ptrdiff_t>(n), frame_.end(), 0.0);
  plan_->half.transform_real(frame_.data(), bins_.data());
  // KissFFT packs the last bin, which is real, into the first.
  bins_.back() = bins_.front().imag();
  bins_.front() = bins_.front().real();
  return bins_;
}

std::vector<double> InverseRealFft(std::span<const std::complex<double>> bins) {
  const size_t size = 2 * (bins.size() - 1);
  std::vector<std::complex<double>> all(size);
  std::vector<std::complex<double>> wave(size);
  std::copy(bins.begin(), bins.end(), all.begin());
  for (size_t i = 1; i < size / 2; ++i) all[size - i] = std::conj(bins[i]);
  kissfft<double>(size, true).transform(all.data(), wave.data());
  std::vector<double> out(size);
  std::transform(wave.begin(), wave.end(), out.begin(), [](std::complex<double> x) { return x.real(); });
  return out;
}

}  // namespace quaver::internal
