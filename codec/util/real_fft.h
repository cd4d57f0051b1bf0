// Forward transform of real frames in double precision (KissFFT).
#ifndef QUAVER_CODEC_UTIL_REAL_FFT_H_
#define QUAVER_CODEC_UTIL_REAL_FFT_H_

#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace quaver::internal {

class RealFft {
 public:
  explicit RealFft(size_t size);  // even
  ~RealFft();
  // frame [at most size] is padded with zeros; bins 0 .. size / 2. Valid until the next call.
  std::span<const std::complex<double>> Forward(std::span<const double> frame);
  size_t size() const { return frame_.size(); }

 private:
  struct Plan;
  std::unique_ptr<const Plan> plan_;
  std::vector<double> frame_;
  std::vector<std::complex<double>> bins_;
};

// The inverse of the above, scaled by `size`: bins 0 .. size / 2 -> size real values. For occasional use.
std::vector<double> InverseRealFft(std::span<const std::complex<double>> bins);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_UTIL_REAL_FFT_H_
