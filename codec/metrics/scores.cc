#include "codec/metrics/scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include "codec/metrics/estoi.h"
#include "codec/util/real_fft.h"

namespace quaver {
namespace {

constexpr size_t kWindow = 1024;
constexpr size_t kHop = 256;
constexpr size_t kMels = 80;
constexpr double kNyquist = 8000;  // Hz

// One triangle of the mel filter bank: weights of the bins first, first + 1, ...
struct Triangle {
  size_t first = 0;
  std::vector<double> weights;
};

double MelToHz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

std::vector<Triangle> MelBank() {
  const double top = 2595 * std::log10(1 + kNyquist / 700);
  std::array<double, kMels + 2> corner;
  for (size_t i = 0; i < corner.size(); ++i) corner[i] = MelToHz(top * static_cast<double>(i) / (kMels + 1));
  std::vector<Triangle> bank(kMels);
  for (size_t band = 0; band < kMels; ++band) {
    for (size_t bin = 0; bin <= kWindow / 2; ++bin) {
      const double f = kNyquist * static_cast<double>(2 * bin) / kWindow;
      const double rise = (f - corner[band]) / (corner[band + 1] - corner[band]);
      const double fall = (corner[band + 2] - f) / (corner[band + 2] - corner[band + 1]);
      const double weight = std::min(rise, fall);
      if (weight <= 0) continue;
      if (bank[band].weights.empty()) bank[band].first = bin;
      bank[band].weights.push_back(weight);
    }
  }
  return bank;
}

class LogMel {
 public:
  LogMel() : bank_(MelBank()), fft_(kWindow) {
    for (size_t i = 0; i < kWindow; ++i) {
      window_[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / (kWindow - 1));
    }
  }
  std::array<double, kMels> operator()(std::span<const float> samples) {
    std::array<double, kWindow> frame;
    for (size_t i = 0; i < kWindow; ++i) frame[i] = window_[i] * static_cast<double>(samples[i]);
    const auto bins = fft_.Forward(frame);
    std::array<double, kMels> decibels;
    for (size_t band = 0; band < kMels; ++band) {
      double power = 0;
      const Triangle& triangle = bank_[band];
      for (size_t i = 0; i < triangle.weights.size(); ++i) {
        power += triangle.weights[i] * std::norm(bins[triangle.first + i]);
      }
      decibels[band] = 10 * std::log10(std::max(power, 1e-6));
    }
    return decibels;
  }

 private:
  std::vector<Triangle> bank_;
  internal::RealFft fft_;
  std::array<double, kWindow> window_;
};

}  // namespace

Result<double> LogMelDistance(std::span<const float> reference, std::span<const float> decoded) {
  const size_t n = std::min(reference.size(), decoded.size());
  if (n <= kWindow) {
    return Error{"log-mel distance: too short: " + std::to_string(n) + " samples, at least " +
                 std::to_string(kWindow + 1) + " are needed"};
  }
  LogMel log_mel;
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i + kWindow < n; i += kHop) {
    const auto a = log_mel(reference.subspan(i, kWindow));
    const auto b = log_mel(decoded.subspan(i, kWindow));
    for (size_t band = 0; band < kMels; ++band) sum += std::abs(a[band] - b[band]);
    count += kMels;
  }
  if (!std::isfinite(sum)) return Error{"log-mel distance: a sample is not finite"};
  return sum / static_cast<double>(count);
}

double SiSdr(std::span<const float> reference, std::span<const float> decoded) {
  const size_t n = std::min(reference.size(), decoded.size());
  double dot = 0;
  double energy = 0;
  for (size_t i = 0; i < n; ++i) {
    const double r = reference[i];
    dot += r * static_cast<double>(decoded[i]);
    energy += r * r;
  }
  const double gain = dot / (energy + 1e-9);
  double signal = 0;
  double noise = 0;
  for (size_t i = 0; i < n; ++i) {
    const double target = gain * static_cast<double>(reference[i]);
    signal += target * target;
    noise += (decoded[i] - target) * (decoded[i] - target);
  }
  return 10 * std::log10(std::max(signal, 1e-9) / (noise + 1e-9));
}

Result<SpeechScores> Score(std::span<const float> reference, std::span<const float> decoded) {
  const size_t n = std::min(reference.size(), decoded.size());
  reference = reference.first(n);
  decoded = decoded.first(n);
  const Result<double> estoi = Estoi(reference, decoded);
  if (!estoi.ok()) return estoi.error();
  const Result<double> log_mel = LogMelDistance(reference, decoded);
  if (!log_mel.ok()) return log_mel.error();
  return SpeechScores{estoi.value(), log_mel.value(), SiSdr(reference, decoded)};
}

}  // namespace quaver
