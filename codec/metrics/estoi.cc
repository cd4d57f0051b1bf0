#include "codec/metrics/estoi.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "codec/util/real_fft.h"

namespace quaver {
namespace {

// Resampling from 16 to 10 kHz.
constexpr int64_t kUp = 5;
constexpr int64_t kDown = 8;
constexpr int64_t kHalf = 290;  // ceil((60 dB - 8) / (28.714 * roll-off)), roll-off = 1 / (2 * 8) / 10

constexpr double kRate = 10000;
constexpr size_t kFrame = 256;
constexpr size_t kHop = 128;
constexpr size_t kFft = 512;
constexpr size_t kBands = 15;
constexpr double kLowestCentre = 150;  // Hz
constexpr size_t kSegment = 30;        // frames
constexpr double kDynamicRange = 40;   // dB

using Bands = std::array<double, kBands>;
using Segment = std::array<std::array<double, kSegment>, kBands>;

// Modified Bessel function of the first kind, order 0.
double BesselI0(double x) {
  double term = 1;
  double sum = 1;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

// A Kaiser-windowed sinc for 60 dB of rejection (Octave's resample()), its sum normalised to kUp.
std::vector<double> ResamplingFilter() {
  const double cutoff = 1.0 / (2 * kDown);
  const double beta = 0.1102 * (60 - 8.7);
  std::vector<double> filter;
  double sum = 0;
  for (int64_t t = -kHalf; t <= kHalf; ++t) {
    const double x = std::numbers::pi * 2 * cutoff * static_cast<double>(t);
    const double place = static_cast<double>(t) / kHalf;
    const double window = BesselI0(beta * std::sqrt(1 - place * place)) / BesselI0(beta);
    filter.push_back((t == 0 ? 1.0 : std::sin(x) / x) * window);
    sum += filter.back();
  }
  for (double& value : filter) value *= kUp / sum;
  return filter;
}

std::vector<double> ResampleTo10k(std::span<const float> in) {
  const std::vector<double> filter = ResamplingFilter();
  const int64_t n = static_cast<int64_t>(in.size());
  std::vector<double> out(static_cast<size_t>((n * kUp + kDown - 1) / kDown));
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t centre = static_cast<int64_t>(i) * kDown;  // on the grid of 80 kHz
    const int64_t first = std::max(int64_t{0}, (centre - kHalf + kUp - 1) / kUp);
    const int64_t last = std::min(n - 1, (centre + kHalf) / kUp);
    for (int64_t j = first; j <= last; ++j) {
      out[i] += filter[static_cast<size_t>(kHalf + centre - j * kUp)] * in[static_cast<size_t>(j)];
    }
  }
  return out;
}

// Hann without its zeros at the ends.
std::array<double, kFrame> Window() {
  std::array<double, kFrame> window;
  for (size_t i = 0; i < kFrame; ++i) {
    window[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i + 1) / (kFrame + 1));
  }
  return window;
}

// As pystoi counts: a frame that ends with the last sample is left out.
size_t FramesIn(size_t samples) { return samples <= kFrame ? 0 : (samples - kFrame - 1) / kHop + 1; }

std::vector<bool> SpokenFrames(const std::vector<double>& reference) {
  const auto window = Window();
  std::vector<double> energy(FramesIn(reference.size()));
  for (size_t f = 0; f < energy.size(); ++f) {
    double sum = 0;
    for (size_t i = 0; i < kFrame; ++i) sum += std::pow(window[i] * reference[f * kHop + i], 2);
    energy[f] = 20 * std::log10(std::sqrt(sum) + std::numeric_limits<double>::epsilon());
  }
  const double loudest = energy.empty() ? 0 : *std::max_element(energy.begin(), energy.end());
  std::vector<bool> spoken(energy.size());
  for (size_t f = 0; f < spoken.size(); ++f) spoken[f] = loudest - kDynamicRange - energy[f] < 0;
  return spoken;
}

// The spoken frames joined by overlap and add.
std::vector<double> Keep(const std::vector<double>& signal, const std::vector<bool>& spoken) {
  const auto window = Window();
  const auto kept = static_cast<size_t>(std::count(spoken.begin(), spoken.end(), true));
  std::vector<double> out(kept == 0 ? 0 : (kept - 1) * kHop + kFrame);
  size_t place = 0;
  for (size_t f = 0; f < spoken.size(); ++f) {
    if (!spoken[f]) continue;
    for (size_t i = 0; i < kFrame; ++i) out[place + i] += window[i] * signal[f * kHop + i];
    place += kHop;
  }
  return out;
}

// First and past-the-end bin of each one-third octave band.
std::array<std::array<size_t, 2>, kBands> BandEdges() {
  const auto nearest = [](double frequency) {
    return static_cast<size_t>(std::ceil(frequency * kFft / kRate - 0.5));  // a tie goes to the lower bin
  };
  std::array<std::array<size_t, 2>, kBands> edges;
  for (size_t k = 0; k < kBands; ++k) {
    const double two_k = 2 * static_cast<double>(k);
    edges[k] = {nearest(kLowestCentre * std::exp2((two_k - 1) / 6)),
                nearest(kLowestCentre * std::exp2((two_k + 1) / 6))};
  }
  return edges;
}

// Magnitudes [frames] of one-third octave bands.
std::vector<Bands> BandMagnitudes(const std::vector<double>& signal) {
  const auto window = Window();
  const auto edges = BandEdges();
  internal::RealFft fft(kFft);
  std::vector<Bands> magnitudes(FramesIn(signal.size()));
  std::array<double, kFrame> frame;
  for (size_t f = 0; f < magnitudes.size(); ++f) {
    for (size_t i = 0; i < kFrame; ++i) frame[i] = window[i] * signal[f * kHop + i];
    const auto bins = fft.Forward(frame);
    for (size_t k = 0; k < kBands; ++k) {
      double power = 0;
      for (size_t bin = edges[k][0]; bin < edges[k][1]; ++bin) power += std::norm(bins[bin]);
      magnitudes[f][k] = std::sqrt(power);
    }
  }
  return magnitudes;
}

// To mean 0 and norm 1; a constant (pystoi makes noise of it) becomes 0, which correlates with nothing.
template <typename Get>
void Normalise(size_t n, Get get) {
  double mean = 0;
  for (size_t i = 0; i < n; ++i) mean += get(i) / static_cast<double>(n);
  double norm = 0;
  for (size_t i = 0; i < n; ++i) norm += (get(i) - mean) * (get(i) - mean);
  norm = std::sqrt(norm);
  const double scale = norm > 1e-14 ? 1 / norm : 0;
  for (size_t i = 0; i < n; ++i) get(i) = (get(i) - mean) * scale;
}

// Rows (bands over time), then columns (the spectrum of each frame).
Segment NormalisedSegment(std::span<const Bands> frames) {
  Segment segment;
  for (size_t k = 0; k < kBands; ++k) {
    for (size_t t = 0; t < kSegment; ++t) segment[k][t] = frames[t][k];
    Normalise(kSegment, [&](size_t t) -> double& { return segment[k][t]; });
  }
  for (size_t t = 0; t < kSegment; ++t) Normalise(kBands, [&](size_t k) -> double& { return segment[k][t]; });
  return segment;
}

double MeanCorrelation(const std::vector<Bands>& x, const std::vector<Bands>& y) {
  const size_t segments = x.size() - kSegment + 1;
  double sum = 0;
  for (size_t m = 0; m < segments; ++m) {
    const Segment a = NormalisedSegment(std::span(x).subspan(m, kSegment));
    const Segment b = NormalisedSegment(std::span(y).subspan(m, kSegment));
    for (size_t k = 0; k < kBands; ++k) {
      for (size_t t = 0; t < kSegment; ++t) sum += a[k][t] * b[k][t];
    }
  }
  return sum / kSegment / static_cast<double>(segments);
}

bool Finite(std::span<const float> samples) {
  return std::all_of(samples.begin(), samples.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

Result<double> Estoi(std::span<const float> reference, std::span<const float> decoded) {
  if (reference.size() != decoded.size()) {
    return Error{"ESTOI: the reference has " + std::to_string(reference.size()) +
                 " samples, the decoded clip " + std::to_string(decoded.size())};
  }
  if (!Finite(reference) || !Finite(decoded)) return Error{"ESTOI: a sample is not finite"};
  const std::vector<double> x = ResampleTo10k(reference);
  const std::vector<bool> spoken = SpokenFrames(x);
  const std::vector<Bands> x_bands = BandMagnitudes(Keep(x, spoken));
  if (x_bands.size() < kSegment) {
    return Error{"ESTOI: too short: " + std::to_string(x_bands.size()) + " frames of speech, at least " +
                 std::to_string(kSegment) + " are needed"};
  }
  return MeanCorrelation(x_bands, BandMagnitudes(Keep(ResampleTo10k(decoded), spoken)));
}

}  // namespace quaver
