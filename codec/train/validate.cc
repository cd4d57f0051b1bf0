#include "codec/train/validate.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/metrics/scores.h"

namespace quaver {
namespace {

constexpr size_t kMaxSeconds = 20;  // of a clip: the network sees it at once

std::vector<float> Beginning(const Clip& clip, size_t most) {
  std::vector<float> out(std::min(clip.samples.size(), most));
  std::transform(clip.samples.begin(), clip.samples.begin() + static_cast<std::ptrdiff_t>(out.size()),
                 out.begin(), [](int16_t x) { return x / 32768.0f; });
  return out;
}

}  // namespace

std::vector<float> RoundTrip(TorchNetworkImpl& network, const Fsp& bottleneck,
                             const std::vector<float>& samples, int n_q) {
  torch::NoGradGuard no_grad;
  const Config& config = network.config();
  const int64_t count = static_cast<int64_t>(samples.size());
  const int64_t frames = (count + config.overlap + config.frame() - 1) / config.frame();
  auto input = torch::zeros({1, frames * config.frame()});
  std::copy(samples.begin(), samples.end(), input.data_ptr<float>());
  const auto y = bottleneck.Quantize(network.Encode(input)).y;
  auto kept = torch::zeros_like(y);
  const int64_t latents = static_cast<int64_t>(n_q) * config.bottleneck.dims();
  kept.slice(2, 0, latents).copy_(y.slice(2, 0, latents));
  const auto output = network.Decode(kept)[0].slice(0, config.overlap, config.overlap + count).contiguous();
  return {output.const_data_ptr<float>(), output.const_data_ptr<float>() + count};
}

std::string Validate(TrainingState& state, const Dataset& validation) {
  const BottleneckConfig& config = state.config.model.bottleneck;
  const Fsp bottleneck(config, state.config.training.fsp);
  const size_t clips =
      std::min<size_t>(validation.clips.size(), std::max(1, state.config.training.validate_clips));
  nlohmann::json scores = nlohmann::json::object();
  for (int n_q : {3, 6, 12, config.groups}) {
    n_q = std::min(n_q, config.groups);
    double estoi = 0;
    double log_mel = 0;
    int count = 0;
    for (size_t i = 0; i < clips; ++i) {
      // Spread over the set: clips of one corpus stand together.
      const Clip& clip = validation.clips[i * validation.clips.size() / clips];
      const auto reference = Beginning(clip, kMaxSeconds * static_cast<size_t>(validation.sample_rate));
      const auto score = Score(reference, RoundTrip(*state.average, bottleneck, reference, n_q));
      if (!score.ok()) continue;  // too short for ESTOI
      estoi += score.value().estoi;
      log_mel += score.value().log_mel_db;
      ++count;
    }
    if (count == 0) continue;
    scores[std::to_string(n_q)] = {
        {"estoi", estoi / count}, {"log_mel_db", log_mel / count}, {"clips", count}};
  }
  return scores.dump();
}

}  // namespace quaver
