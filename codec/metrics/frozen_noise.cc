#include "codec/metrics/frozen_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "codec/metrics/band_pass.h"

namespace quaver {
namespace {

constexpr size_t kLag = 320;        // samples: a frame of the codec
constexpr size_t kPitchStep = 160;  // samples
constexpr double kQuiet = 1e-3;     // of the loudest place's energy
constexpr size_t kFewest = 5;       // places
constexpr std::array<std::array<double, 2>, 2> kBands = {{{2000, 4000}, {4000, 6000}}};  // Hz

double Dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Around the middle of a place that begins at `start`: 20 ms before and after, and what the tracker sees
// there.
bool Voiced(std::span<const double> pitch, size_t start) {
  const size_t middle = (start + kLag) / kPitchStep;
  const size_t first = middle - std::min<size_t>(middle, 4), last = std::min(middle + 2, pitch.size());
  for (size_t t = first; t < last; ++t) {
    if (pitch[t] > 0) return true;
  }
  return false;
}

}  // namespace

std::optional<double> FrozenNoise(std::span<const float> decoded, std::span<const double> pitch) {
  double sum = 0;
  size_t count = 0;
  for (const auto& [low, high] : kBands) {
    const std::vector<double> band = internal::BandPass(decoded, low, high);
    const auto part = [&](size_t start) { return std::span(band).subspan(start, kLag); };
    std::vector<double> energy;
    for (size_t i = 0; i + 2 * kLag < band.size(); i += kLag)
      energy.push_back(Dot(part(i), part(i)) + Dot(part(i + kLag), part(i + kLag)));
    const double loudest = energy.empty() ? 0 : *std::max_element(energy.begin(), energy.end());
    for (size_t place = 0; place < energy.size(); ++place) {
      const size_t i = place * kLag;
      if (energy[place] <= loudest * kQuiet || Voiced(pitch, i)) continue;
      const auto a = part(i), b = part(i + kLag);
      sum += Dot(a, b) / std::sqrt(Dot(a, a) * Dot(b, b) + 1e-12);
      ++count;
    }
  }
  return count < kFewest ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

}  // namespace quaver
