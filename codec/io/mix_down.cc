#include "codec/io/mix_down.h"

#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace quaver::internal {
namespace {

constexpr float kSide = 0.70710678F;
constexpr float kSurround = 0.5F;
constexpr double kCancelled = 0.1;  // of the energy of the louder channel: 10 dB below it
constexpr double kQuiet = 1e-5;     // amplitude below which nothing is worth a warning
constexpr float kPeak = 4;          // beyond full scale by 12 dB: no mixer makes that by accident

std::vector<int> LayoutOf(const SoundShape& shape) {
  if (!shape.speakers.empty()) return shape.speakers;
  if (shape.channels == 6) {
    return {SF_CHANNEL_MAP_LEFT, SF_CHANNEL_MAP_RIGHT,     SF_CHANNEL_MAP_CENTER,
            SF_CHANNEL_MAP_LFE,  SF_CHANNEL_MAP_REAR_LEFT, SF_CHANNEL_MAP_REAR_RIGHT};
  }
  if (shape.channels == 8) {
    return {SF_CHANNEL_MAP_LEFT,      SF_CHANNEL_MAP_RIGHT,     SF_CHANNEL_MAP_CENTER,
            SF_CHANNEL_MAP_LFE,       SF_CHANNEL_MAP_REAR_LEFT, SF_CHANNEL_MAP_REAR_RIGHT,
            SF_CHANNEL_MAP_SIDE_LEFT, SF_CHANNEL_MAP_SIDE_RIGHT};
  }
  return {};
}

// Negative: a speaker of no known place.
float WeightOf(int speaker) {
  switch (speaker) {
    case SF_CHANNEL_MAP_MONO:
    case SF_CHANNEL_MAP_CENTER:
    case SF_CHANNEL_MAP_FRONT_CENTER:
      return 1;
    case SF_CHANNEL_MAP_LEFT:
    case SF_CHANNEL_MAP_RIGHT:
    case SF_CHANNEL_MAP_FRONT_LEFT:
    case SF_CHANNEL_MAP_FRONT_RIGHT:
    case SF_CHANNEL_MAP_FRONT_LEFT_OF_CENTER:
    case SF_CHANNEL_MAP_FRONT_RIGHT_OF_CENTER:
      return kSide;
    case SF_CHANNEL_MAP_REAR_CENTER:
    case SF_CHANNEL_MAP_REAR_LEFT:
    case SF_CHANNEL_MAP_REAR_RIGHT:
    case SF_CHANNEL_MAP_SIDE_LEFT:
    case SF_CHANNEL_MAP_SIDE_RIGHT:
    case SF_CHANNEL_MAP_TOP_CENTER:
    case SF_CHANNEL_MAP_TOP_FRONT_LEFT:
    case SF_CHANNEL_MAP_TOP_FRONT_RIGHT:
    case SF_CHANNEL_MAP_TOP_FRONT_CENTER:
    case SF_CHANNEL_MAP_TOP_REAR_LEFT:
    case SF_CHANNEL_MAP_TOP_REAR_RIGHT:
    case SF_CHANNEL_MAP_TOP_REAR_CENTER:
      return kSurround;
    case SF_CHANNEL_MAP_LFE:
      return 0;
    default:
      return -1;
  }
}

}  // namespace

std::vector<float> DownmixWeights(const SoundShape& shape) {
  const auto channels = static_cast<size_t>(shape.channels);
  std::vector<float> mean(channels, 1.0F / static_cast<float>(channels));
  const std::vector<int> layout = LayoutOf(shape);
  if (channels < 3 || layout.size() != channels) return mean;
  std::vector<float> weights;
  bool centre = false;
  float sum = 0;
  for (const int speaker : layout) {
    weights.push_back(WeightOf(speaker));
    if (weights.back() < 0) return mean;
    centre = centre || weights.back() == 1;
    sum += weights.back();
  }
  if (sum == 0) return mean;
  if (!centre) {
    for (float& weight : weights) weight *= kSide;
  }
  return weights;
}

MixDown::MixDown(const SoundShape& shape)
    : weights_(DownmixWeights(shape)), energies_(static_cast<size_t>(shape.channels)) {}

void MixDown::ChooseChannel(size_t channel) {
  chosen_ = true;
  std::ranges::fill(weights_, 0.0F);
  weights_[channel] = 1;
}

void MixDown::Mix(std::span<const float> interleaved, std::span<float> mono) {
  const size_t width = weights_.size();
  for (size_t i = 0; i < mono.size(); ++i) {
    double sum = 0;
    for (size_t c = 0; c < width; ++c) {
      const float x = interleaved[i * width + c];
      if (!std::isfinite(x)) {
        if (weights_[c] > 0 && not_finite_++ == 0) first_not_finite_ = samples_;
        continue;
      }
      const double part = static_cast<double>(weights_[c]) * static_cast<double>(x);
      sum += part;
      energies_[c] += part * part;
      if (weights_[c] > 0) peak_ = std::max(peak_, std::abs(x));
    }
    mono[i] = static_cast<float>(sum);
    energy_ += sum * sum;
    ++samples_;
  }
}

std::vector<std::string> MixDown::Remarks() const {
  std::vector<std::string> remarks;
  char text[200];
  const double loudest = *std::ranges::max_element(energies_);
  if (!chosen_ && energies_.size() > 1 && energy_ < kCancelled * loudest &&
      loudest > kQuiet * kQuiet * static_cast<double>(samples_)) {
    const double below = std::min(99.0, 10 * std::log10(loudest / std::max(energy_, 1e-30)));
    std::snprintf(
        text, sizeof text,
        "its channels cancel each other: mixed down it is %.0f dB quieter than one of them; choose one "
        "with --channel",
        below);
    remarks.emplace_back(text);
  }
  if (not_finite_ > 0) {
    remarks.push_back(
        std::to_string(not_finite_) +
        " of its samples are not finite numbers and are taken for silence, the first of them sample " +
        std::to_string(first_not_finite_));
  }
  if (peak_ > kPeak) {
    std::snprintf(
        text, sizeof text,
        "its samples reach %.6g where full scale is 1, and will be distorted; scale them, by 1/32768 "
        "if they are 16-bit values",
        static_cast<double>(peak_));
    remarks.emplace_back(text);
  }
  return remarks;
}

}  // namespace quaver::internal
