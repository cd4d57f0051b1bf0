#include "codec/metrics/masked_distance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace quaver {
namespace {

constexpr double kWindow = 0.032;   // seconds
constexpr double kQuietest = 1e-5;  // mean square: -50 dBFS
constexpr double kBelow = 25, kAbove = 10;  // dB a Bark that masking falls by, to lower and higher bands
constexpr double kOffset = 14;              // dB that masking is below what masks

std::vector<double> HannWindow(size_t size) {
  std::vector<double> window(size);
  const double step = 2 * std::numbers::pi / static_cast<double>(size);
  for (size_t i = 0; i < size; ++i) window[i] = 0.5 - 0.5 * std::cos(step * static_cast<double>(i));
  double square = 0;
  for (const double x : window) square += x * x;
  for (double& x : window) x /= std::sqrt(square);
  return window;
}

}  // namespace

MaskedDistance::MaskedDistance(int sample_rate, int frame)
    : frame_(static_cast<size_t>(frame)),
      window_(HannWindow(2 * static_cast<size_t>(std::lround(kWindow / 2 * sample_rate)))),
      fft_(window_.size()) {
  const auto edges = BarkEdges(sample_rate);
  threshold_ = HearingThresholds(edges);
  const auto shares = BandShares(edges, static_cast<int>(window_.size()), sample_rate);
  // Twice for the negative frequencies, so that bands sum to the mean square of the samples.
  const double both = 2.0 / static_cast<double>(window_.size());
  for (size_t bin = 0; bin < shares.size(); ++bin) {
    for (size_t band = 0; band < shares[bin].size(); ++band) {
      if (shares[bin][band] > 0) shares_.push_back({bin, band, both * shares[bin][band]});
    }
  }
}

std::span<const double> MaskedDistance::Powers(std::span<const float> samples, size_t start, size_t first,
                                            size_t last) {
  const size_t size = window_.size();
  windowed_.resize(size);
  powers_.assign((last - first) * kBarkBands, 0);
  for (size_t window = first; window < last; ++window) {
    const size_t centre = (2 * window + 1) * frame_ / (2 * kWindows);
    for (size_t i = 0; i < size; ++i) {  // a place before the samples wraps around to one far behind them
      const size_t at = centre + i - size / 2 - start;
      windowed_[i] = at < samples.size() ? window_[i] * static_cast<double>(samples[at]) : 0;
    }
    const auto bins = fft_.Forward(windowed_);
    double* const bands = powers_.data() + (window - first) * kBarkBands;
    for (const Share& share : shares_) bands[share.band] += share.share * std::norm(bins[share.bin]);
  }
  for (double& power : powers_) power *= gain_;
  return powers_;
}

// Two passes: what a band gets from the lower ones, and from the higher ones.
void MaskedDistance::Mask(const double* clean, double* masked) const {
  const double up = std::pow(10, -kAbove * kBarkWidth / 10);
  const double down = std::pow(10, -kBelow * kBarkWidth / 10);
  const double offset = std::pow(10, -kOffset / 10);
  double spread = 0;
  for (size_t band = 0; band < kBarkBands; ++band) {
    spread = up * spread + clean[band];
    masked[band] = spread;
  }
  spread = 0;
  for (size_t band = kBarkBands; band-- > 0;) {
    masked[band] = threshold_[band] + offset * (masked[band] + spread);
    spread = down * (spread + clean[band]);
  }
}

void MaskedDistance::SetReference(std::span<const float> samples) {
  double square = 0;
  for (const float sample : samples) square += static_cast<double>(sample) * static_cast<double>(sample);
  const double mean = square / static_cast<double>(std::max<size_t>(1, samples.size()));
  gain_ = kListeningPower / std::max(mean, kQuietest);
  const auto powers = Powers(samples, 0, 0, samples.size() / frame_ * kWindows);
  masked_.resize(powers.size());
  level_.resize(powers.size());
  for (size_t at = 0; at < powers.size(); at += kBarkBands) Mask(powers.data() + at, masked_.data() + at);
  for (size_t i = 0; i < powers.size(); ++i) level_[i] = 10 * std::log10(powers[i] + masked_[i]);
}

double MaskedDistance::OfWindow(size_t window, const double* heard) const {
  const double* const masked = masked_.data() + window * kBarkBands;
  const double* const level = level_.data() + window * kBarkBands;
  double squares = 0;
  for (size_t band = 0; band < kBarkBands; ++band) {
    const double difference = 10 * std::log10(heard[band] + masked[band]) - level[band];
    squares += difference * difference;
  }
  return squares / kBarkBands;
}

std::vector<double> MaskedDistance::Squares(std::span<const float> decoded) {
  const size_t windows = std::min(decoded.size() / frame_ * kWindows, level_.size() / kBarkBands);
  const auto heard = Powers(decoded, 0, 0, windows);
  std::vector<double> squares(windows / kWindows);
  for (size_t window = 0; window < windows; ++window)
    squares[window / kWindows] += OfWindow(window, heard.data() + window * kBarkBands) / kWindows;
  return squares;
}

double MaskedDistance::SumOfSquares(std::span<const float> decoded, size_t start, size_t first, size_t last) {
  last = std::min(last, level_.size() / kBarkBands);
  if (first >= last) return 0;
  const auto heard = Powers(decoded, start, first, last);
  double sum = 0;
  for (size_t window = first; window < last; ++window)
    sum += OfWindow(window, heard.data() + (window - first) * kBarkBands);
  return sum;
}

}  // namespace quaver
