#include "codec/metrics/loudness.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace quaver {
namespace {

double Hertz(double bark) { return 600 * std::sinh(bark / 6); }

double ThresholdDecibels(double hz) {
  const double f = hz / 1000;
  return 3.64 * std::pow(f, -0.8) - 6.5 * std::exp(-0.6 * (f - 3.3) * (f - 3.3)) + 1e-3 * std::pow(f, 4);
}

}  // namespace

std::vector<double> BarkEdges(int sample_rate) {
  const double top = 6 * std::asinh(sample_rate / 2.0 / 600);
  std::vector<double> edges;
  for (int i = 0; i <= kBarkBands; ++i) edges.push_back(Hertz(top * i / kBarkBands));
  return edges;
}

std::vector<double> HearingThresholds(const std::vector<double>& edges) {
  std::vector<double> thresholds;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    const double centre = std::max(50.0, (edges[i] + edges[i + 1]) / 2);
    thresholds.push_back(std::pow(10, ThresholdDecibels(centre) / 10));
  }
  return thresholds;
}

std::vector<std::vector<double>> BandShares(const std::vector<double>& edges, int size, int sample_rate) {
  std::vector shares(static_cast<size_t>(size) / 2 + 1, std::vector<double>(edges.size() - 1));
  const double width = static_cast<double>(sample_rate) / size;
  for (size_t bin = 1; bin < shares.size(); ++bin) {
    const double low = (static_cast<double>(bin) - 0.5) * width, high = low + width;
    for (size_t band = 0; band + 1 < edges.size(); ++band) {
      const double shared = std::min(high, edges[band + 1]) - std::max(low, edges[band]);
      shares[bin][band] = std::max(0.0, shared) / width;
    }
  }
  return shares;
}

}  // namespace quaver
