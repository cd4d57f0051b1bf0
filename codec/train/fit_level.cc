#include "codec/train/fit_level.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "codec/metrics/voice_scores.h"
#include "codec/pcm16.h"
#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"
#include "codec/train/runtime_model.h"

namespace quaver {
namespace {

constexpr size_t kClips = 64;                                  // at most so many, spread over the data
constexpr int kSeconds = 10;                                   // of a clip, at most
constexpr std::array<double, 3> kRates = {1.0 / 6, 0.4, 0.7};  // of all tokens: 3, 7 and 13 of 18

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
    const auto pcm = data.clips[i].samples.first(std::min(longest, data.clips[i].samples.size()));
    std::vector<float> sound(pcm.size());
    internal::FromPcm16(pcm, sound);
    for (const double rate : kRates) {
      const int n_q = std::max(1, static_cast<int>(std::lround(rate * model.value()->groups())));
      const auto sent = EncodeSound(model.value(), {.tokens = n_q}, sound);
      if (!sent.ok()) return sent.error();
      const auto decoded = DecodeSound(model.value(), sent.value());
      if (!decoded.ok()) return decoded.error();
      const auto difference = LevelDifference(sound, decoded.value());
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
