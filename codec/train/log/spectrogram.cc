#include "codec/train/log/spectrogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "codec/util/real_fft.h"

namespace quaver {
namespace {

constexpr size_t kBands = 96;
constexpr double kFloor = 1e-12;  // power
constexpr size_t kPadding = 4;    // by zeros, so that the narrowest band has bins of its own

// One triangle of the bank: weights, of sum 1, of the bins first, first + 1, ...
struct Band {
  size_t first = 0;
  std::vector<double> weights;
};

double MelToHz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

std::vector<Band> MakeBank(size_t size, int rate) {
  const double top = HzToMel(rate / 2.0);
  const auto corner = [&](size_t i) { return MelToHz(top * static_cast<double>(i) / (kBands + 1)); };
  std::vector<Band> bank(kBands);
  for (size_t b = 0; b < kBands; ++b) {
    const double low = corner(b);
    const double centre = corner(b + 1);
    const double high = corner(b + 2);
    const double spacing = static_cast<double>(rate) / static_cast<double>(size);
    double sum = 0;
    for (auto bin = static_cast<size_t>(low / spacing); bin <= size / 2; ++bin) {
      const double f = static_cast<double>(bin) * spacing;
      if (f >= high) break;
      const double weight = std::min((f - low) / (centre - low), (high - f) / (high - centre));
      if (weight <= 0) continue;
      if (bank[b].weights.empty()) bank[b].first = bin;
      bank[b].weights.push_back(weight);
      sum += weight;
    }
    for (double& weight : bank[b].weights) weight /= sum;
  }
  return bank;
}

// Scaled so that a sine of full scale has power 1 in its bin.
std::vector<double> Window(size_t size) {
  std::vector<double> window(size);
  for (size_t i = 0; i < size; ++i) {
    const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(size);
    window[i] = (0.5 - 0.5 * std::cos(2 * std::numbers::pi * place)) * 4 / static_cast<double>(size);
  }
  return window;
}

}  // namespace

double HzToMel(double hz) { return 2595 * std::log10(1 + hz / 700); }

MelSpectrogram ComputeMelSpectrogram(std::span<const float> samples, int rate) {
  const std::vector<double> window = Window(static_cast<size_t>(rate) * 32 / 1000);
  internal::RealFft fft(kPadding * std::bit_ceil(window.size()));
  const std::vector<Band> bank = MakeBank(fft.size(), rate);
  MelSpectrogram out;
  out.bands = kBands;
  out.top_hz = rate / 2.0;
  out.columns = static_cast<size_t>(static_cast<double>(samples.size()) * kSpectrogramColumns / rate);
  out.db.resize(out.columns * kBands);
  std::vector<double> frame(window.size());
  for (size_t c = 0; c < out.columns; ++c) {
    const auto centre = static_cast<int64_t>((static_cast<double>(c) + 0.5) * rate / kSpectrogramColumns);
    for (size_t i = 0; i < frame.size(); ++i) {
      const int64_t at = centre - static_cast<int64_t>(frame.size() / 2) + static_cast<int64_t>(i);
      const bool inside = at >= 0 && at < static_cast<int64_t>(samples.size());
      frame[i] = inside ? window[i] * static_cast<double>(samples[static_cast<size_t>(at)]) : 0;
    }
    const auto bins = fft.Forward(frame);
    for (size_t b = 0; b < kBands; ++b) {
      double power = 0;
      for (size_t i = 0; i < bank[b].weights.size(); ++i)
        power += bank[b].weights[i] * std::norm(bins[bank[b].first + i]);
      out.db[c * kBands + b] = static_cast<float>(10 * std::log10(std::max(power, kFloor)));
    }
  }
  return out;
}

}  // namespace quaver
