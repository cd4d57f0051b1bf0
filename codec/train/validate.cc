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
  return Validate(state, validation, *Group::Alone());
}

std::string Validate(TrainingState& state, const Dataset& validation, Group& group) {
  const BottleneckConfig& config = state.config.model.bottleneck;
  const Fsp bottleneck(config, state.config.training.fsp);
  const size_t clips =
      std::min<size_t>(validation.clips.size(), std::max(1, state.config.training.validate_clips));
  nlohmann::json scores = nlohmann::json::object();
  for (int n_q : {3, 6, 12, config.groups}) {
    n_q = std::min(n_q, config.groups);
    torch::Tensor sums = torch::zeros({3}, torch::kDouble);  // ESTOI, log-mel distance, clips
    for (size_t i = static_cast<size_t>(group.rank()); i < clips; i += static_cast<size_t>(group.size())) {
      // Spread over the set: clips of one corpus stand together.
      const Clip& clip = validation.clips[i * validation.clips.size() / clips];
      const auto reference = Beginning(clip, kMaxSeconds * static_cast<size_t>(validation.sample_rate));
      const auto score = Score(reference, RoundTrip(*state.average, bottleneck, reference, n_q));
      if (!score.ok()) continue;  // too short for ESTOI
      sums += torch::tensor({score.value().estoi, score.value().log_mel_db, 1.0}, torch::kDouble);
    }
    group.Sum(sums);
    const auto sum = [&](int64_t what) { return sums[what].item<double>(); };
    const auto count = static_cast<int64_t>(sum(2));
    if (count == 0) continue;
    const auto mean = [&](int64_t what) { return sum(what) / static_cast<double>(count); };
    scores[std::to_string(n_q)] = {{"estoi", mean(0)}, {"log_mel_db", mean(1)}, {"clips", count}};
  }
  return scores.dump();
}

}  // namespace quaver
