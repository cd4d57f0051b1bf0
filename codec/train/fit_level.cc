#include "codec/train/fit_level.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "codec/codec.h"
#include "codec/metrics/voice_scores.h"
#include "codec/samples.h"
#include "codec/train/runtime_model.h"

namespace quaver {
namespace {

constexpr size_t kClips = 64;                                  // at most so many, spread over the data
constexpr int kSeconds = 10;                                   // of a clip, at most
constexpr std::array<double, 3> kRates = {1.0 / 6, 0.4, 0.7};  // of all tokens: 3, 7 and 13 of 18

std::vector<float> Decoded(const Model& model, std::shared_ptr<const Model> shared,
                           std::span<const float> sound, int n_q) {
  const size_t frames = sound.size() / static_cast<size_t>(model.frame());
  std::vector<uint16_t> tokens(frames * static_cast<size_t>(n_q));
  Encoder encoder(shared);
  encoder.Encode(sound, n_q, tokens);
  std::vector<float> decoded(frames * static_cast<size_t>(model.frame()));
  Decoder decoder(std::move(shared));
  decoder.Decode(tokens, n_q, decoded);
  decoded.erase(decoded.begin(),
                decoded.begin() + std::min<std::ptrdiff_t>(model.delay(), std::ssize(decoded)));
  return decoded;
}

void AddGain(Weights& weights, double db) {
  std::vector<float>& bias = weights.tensors.at("decoder.istft.bias").values;  // log magnitudes, then phases
  const auto nepers = static_cast<float>(db * std::numbers::ln10 / 20);
  for (size_t bin = 0; bin < bias.size() / 2; ++bin) bias[bin] += nepers;
}

}  // namespace

Result<double> FitLevel(Weights& weights, const Dataset& data, const FitProgress& progress) {
  const auto model = RuntimeModel(weights);
  if (!model.ok()) return model.error();
  const size_t stride = std::max<size_t>(1, data.clips.size() / kClips);
  const auto longest = static_cast<size_t>(kSeconds * model.value()->sample_rate());
  double sum = 0;
  int count = 0;
  for (size_t i = 0; i < data.clips.size(); i += stride) {
    std::vector<float> sound;
    for (const int16_t sample : data.clips[i].samples.first(std::min(longest, data.clips[i].samples.size())))
      sound.push_back(FromPcm16(sample));
    for (const double rate : kRates) {
      const int n_q = std::max(1, static_cast<int>(std::lround(rate * model.value()->groups())));
      const auto difference = LevelDifference(sound, Decoded(*model.value(), model.value(), sound, n_q));
      if (!difference) continue;
      sum += *difference;
      ++count;
    }
    if (progress) {
      progress("measuring the level: clip", static_cast<int64_t>(i / stride + 1),
               static_cast<int64_t>((data.clips.size() + stride - 1) / stride));
    }
  }
  const double gain = count == 0 ? 0 : std::clamp(-sum / count, -kMostLevelDb, kMostLevelDb);
  AddGain(weights, gain);
  return gain;
}

}  // namespace quaver
