#include "codec/metrics/disturbance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace quaver {
namespace {

constexpr double kWindow = 0.032;   // seconds
constexpr double kQuietest = 1e-5;  // mean square: -50 dBFS

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

Disturbance::Disturbance(int sample_rate, int frame)
    : frame_(static_cast<size_t>(frame)),
      window_(HannWindow(2 * static_cast<size_t>(std::lround(kWindow / 2 * sample_rate)))),
      fft_(window_.size()) {
  const auto edges = BarkEdges(sample_rate);
  threshold_ = HearingThresholds(edges);
  for (const double threshold : threshold_)
    scale_.push_back(kLoudnessScale * std::pow(threshold / 0.5, kLoudnessPower));
  const auto shares = BandShares(edges, static_cast<int>(window_.size()), sample_rate);
  // Twice for the negative frequencies, so that bands sum to the mean square of the samples.
  const double both = 2.0 / static_cast<double>(window_.size());
  for (size_t bin = 0; bin < shares.size(); ++bin) {
    for (size_t band = 0; band < shares[bin].size(); ++band) {
      if (shares[bin][band] > 0) shares_.push_back({bin, band, both * shares[bin][band]});
    }
  }
}

std::span<const double> Disturbance::Powers(std::span<const float> samples, size_t start, size_t first,
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

double Disturbance::Loudness(double power, size_t band) const {
  const double above = std::pow(0.5 + 0.5 * power / threshold_[band], kLoudnessPower) - 1;
  return std::max(0.0, scale_[band] * above);
}

void Disturbance::SetReference(std::span<const float> samples) {
  double square = 0;
  for (const float sample : samples) square += static_cast<double>(sample) * static_cast<double>(sample);
  const double mean = square / static_cast<double>(std::max<size_t>(1, samples.size()));
  gain_ = kListeningPower / std::max(mean, kQuietest);
  const auto powers = Powers(samples, 0, 0, samples.size() / frame_ * kWindows);
  clean_.assign(powers.begin(), powers.end());
  loud_clean_.resize(clean_.size());
  for (size_t i = 0; i < clean_.size(); ++i) loud_clean_[i] = Loudness(clean_[i], i % kBarkBands);
}

double Disturbance::OfWindow(size_t window, const double* heard) const {
  const double* const clean = clean_.data() + window * kBarkBands;
  const double* const loud_clean = loud_clean_.data() + window * kBarkBands;
  double squares = 0, added = 0, power = 0;
  for (size_t band = 0; band < kBarkBands; ++band) {
    const double loud = Loudness(heard[band], band);
    const double masked = kMasked * std::min(loud, loud_clean[band]);
    const double difference = std::max(0.0, std::abs(loud - loud_clean[band]) - masked);
    squares += difference * difference;
    power += clean[band];
    const double ratio = (heard[band] + kAsymmetryOffset) / (clean[band] + kAsymmetryOffset);
    if (difference == 0 || ratio <= 1) continue;
    const double factor = std::pow(ratio, kAsymmetryPower);
    if (factor >= kAsymmetryLowest) added += difference * std::min(factor, kAsymmetryHighest);
  }
  const double quieter = std::pow((power + kFrameOffset) / kFramePower, kFrameExponent);
  const double norm = std::pow(kBarkWidth, 1.5) * std::sqrt(static_cast<double>(kBarkBands));
  const double symmetric = std::min(kMostDisturbance, norm * std::sqrt(squares) / quieter);
  const double asymmetric = std::min(kMostDisturbance, kBarkWidth * added / quieter);
  const double disturbance = kSymmetricWeight * symmetric + kAsymmetricWeight * asymmetric;
  return disturbance * disturbance;
}

std::vector<double> Disturbance::Squares(std::span<const float> decoded) {
  const size_t windows = std::min(decoded.size() / frame_ * kWindows, clean_.size() / kBarkBands);
  const auto heard = Powers(decoded, 0, 0, windows);
  std::vector<double> squares(windows / kWindows);
  for (size_t window = 0; window < windows; ++window)
    squares[window / kWindows] += OfWindow(window, heard.data() + window * kBarkBands) / kWindows;
  return squares;
}

double Disturbance::SumOfSquares(std::span<const float> decoded, size_t start, size_t first, size_t last) {
  last = std::min(last, clean_.size() / kBarkBands);
  if (first >= last) return 0;
  const auto heard = Powers(decoded, start, first, last);
  double sum = 0;
  for (size_t window = first; window < last; ++window)
    sum += OfWindow(window, heard.data() + (window - first) * kBarkBands);
  return sum;
}

}  // namespace quaver
