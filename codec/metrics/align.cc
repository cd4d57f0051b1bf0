#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/metrics/scores.h"
#include "codec/util/real_fft.h"

namespace quaver {
namespace {

constexpr int64_t kMinLag = -64;
constexpr int64_t kMaxLag = 959;
constexpr size_t kLags = kMaxLag - kMinLag + 1;
constexpr size_t kFft = 16384;
constexpr size_t kBlock = kFft - kLags;  // correlations of one block do not wrap around

double At(std::span<const float> signal, int64_t i) {
  if (i < 0 || i >= static_cast<int64_t>(signal.size())) return 0;
  const float x = signal[static_cast<size_t>(i)];
  return std::isfinite(x) ? x : 0;
}

// sum over i of r[i] * d[i + lag], for every lag: block by block, added up as spectra.
std::vector<double> Correlations(std::span<const float> r, std::span<const float> d) {
  internal::RealFft fft_r(kFft);
  internal::RealFft fft_d(kFft);
  std::vector<std::complex<double>> sum(kFft / 2 + 1);
  std::vector<double> frame(kFft);
  for (size_t start = 0; start < r.size(); start += kBlock) {
    const size_t n = std::min(kBlock, r.size() - start);
    for (size_t i = 0; i < n; ++i) frame[i] = At(r, static_cast<int64_t>(start + i));
    const auto a = fft_r.Forward(std::span<const double>(frame).first(n));
    for (size_t i = 0; i < kFft; ++i) frame[i] = At(d, static_cast<int64_t>(start + i) + kMinLag);
    const auto b = fft_d.Forward(frame);
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += std::conj(a[k]) * b[k];
  }
  std::vector<double> all = internal::InverseRealFft(sum);
  all.resize(kLags);
  for (double& value : all) value /= kFft;
  return all;
}

double Energy(std::span<const float> signal) {
  double sum = 0;
  for (size_t i = 0; i < signal.size(); ++i) sum += std::pow(At(signal, static_cast<int64_t>(i)), 2);
  return sum;
}

// out[k]: energy of a signal without its first (or last) k samples.
std::vector<double> EnergiesWithout(std::span<const float> signal, bool first) {
  std::vector<double> out(kLags + 1);
  out[0] = Energy(signal);
  const auto n = static_cast<int64_t>(signal.size());
  for (size_t k = 1; k < out.size(); ++k) {
    const double x = At(signal, first ? static_cast<int64_t>(k) - 1 : n - static_cast<int64_t>(k));
    out[k] = std::max(0.0, out[k - 1] - x * x);
  }
  return out;
}

}  // namespace

int AlignLag(std::span<const float> reference, std::span<const float> decoded) {
  const size_t n = std::min(reference.size(), decoded.size());
  const auto r = reference.first(n);
  const auto d = decoded.first(n);
  const std::vector<double> dot = Correlations(r, d);
  const std::vector<double> r_head = EnergiesWithout(r, true);
  const std::vector<double> r_tail = EnergiesWithout(r, false);
  const std::vector<double> d_head = EnergiesWithout(d, true);
  const std::vector<double> d_tail = EnergiesWithout(d, false);
  double best = 1e-6;
  int64_t lag = 0;
  for (int64_t k = kMinLag; k <= kMaxLag && k < static_cast<int64_t>(n); ++k) {
    if (-k >= static_cast<int64_t>(n)) continue;
    const auto cut = static_cast<size_t>(std::abs(k));
    const double energy = k >= 0 ? r_tail[cut] * d_head[cut] : r_head[cut] * d_tail[cut];
    const double value = dot[static_cast<size_t>(k - kMinLag)] / (std::sqrt(energy) + 1e-9);
    if (value > best) {
      best = value;
      lag = k;
    }
  }
  return static_cast<int>(lag);
}

ClipPair AtLag(std::span<const float> reference, std::span<const float> decoded, int lag) {
  size_t n = std::min(reference.size(), decoded.size());
  const size_t cut = std::min(n, static_cast<size_t>(std::abs(static_cast<int64_t>(lag))));
  n -= cut;
  if (lag >= 0) return {reference.first(n), decoded.subspan(cut, n)};
  return {reference.subspan(cut, n), decoded.first(n)};
}

}  // namespace quaver
