#include "codec/train/fit_codebook.h"

#include <algorithm>
#include <torch/utils.h>

#include "codec/train/batches.h"
#include "codec/train/bottlenecks/vp.h"
#include "codec/train/trainer.h"

namespace quaver {
namespace {

using TorchTensor = torch::Tensor;

constexpr int kLonger = 4;         // crops, than those of training
constexpr int64_t kPatience = 20;  // times as many frames as are wanted may be silent
constexpr int64_t kSilentFrames = 100;
constexpr double kAudible = 1e-4;  // -80 dBFS, as in training

VectorPerturbation* CodebooksOf(TrainingState& state) {
  return dynamic_cast<VectorPerturbation*>(state.bottleneck.get());
}

// Latents [latents] of digital silence that has lasted.
TorchTensor Silence(TrainingState& state) {
  const TorchTensor samples = torch::zeros({1, kSilentFrames * state.config.model.frame()});
  return state.average->Encode(samples.to(state.device))[0][kSilentFrames - 1].cpu();
}

std::vector<CodebookStats> Describe(const VectorPerturbation& bottleneck, const BottleneckConfig& config,
                                    const TorchTensor& latents) {
  const BottleneckOutput quantised = bottleneck.Quantize(latents);
  const TorchTensor token = quantised.token.cpu().contiguous();
  TokenCounter counter(config.groups, config.codes());
  const int64_t* tokens = token.const_data_ptr<int64_t>();
  const std::vector<uint16_t> narrow(tokens, tokens + token.numel());
  counter.Add(narrow, config.groups);
  const auto by_group = [&](const TorchTensor& x) {
    return x.cpu().to(torch::kDouble).unflatten(-1, {config.groups, config.dims()});
  };
  const TorchTensor squared = by_group(quantised.y - latents).square().sum(-1);  // [frames, groups]
  const TorchTensor distance = squared.sqrt().mean(0);
  const TorchTensor error = squared.mean(0) / by_group(latents).var(0, /*unbiased=*/false).sum(-1);
  std::vector<CodebookStats> stats;
  for (int group = 0; group < config.groups; ++group)
    stats.push_back({counter.Stats(group), distance[group].item<double>(), error[group].item<double>()});
  return stats;
}

}  // namespace

bool NeedsCodebook(const TrainingState& state) {
  const auto* bottleneck = dynamic_cast<const VectorPerturbation*>(state.bottleneck.get());
  return bottleneck != nullptr && !bottleneck->fitted();
}

Result<TorchTensor> DrawLatents(TrainingState& state, const Dataset& data, const FitCodebookOptions& options,
                                const std::function<void(int64_t done, int64_t total)>& progress) {
  torch::NoGradGuard no_grad;
  const Config& model = state.config.model;
  CropOptions crops = CropsOf(state.config);
  crops.samples *= kLonger;
  std::vector<TorchTensor> parts;
  int64_t drawn = 0, audible = 0;
  for (int64_t sample = 0; audible < options.frames; sample += crops.batch) {
    const CropBatch batch = DrawBatch(data, crops, options.seed, sample, crops.batch);
    const TorchTensor loud =
        (batch.crops.unflatten(1, {-1, model.frame()}).abs().amax(-1) > kAudible).view({-1});
    const TorchTensor latents = state.average->Encode(batch.crops.to(state.device)).flatten(0, 1).cpu();
    parts.push_back(latents.index_select(0, torch::nonzero(loud).squeeze(1)));
    audible += parts.back().size(0);
    drawn += latents.size(0);
    if (progress) progress(std::min(audible, options.frames), options.frames);
    if (drawn > kPatience * options.frames) break;
  }
  if (audible < options.frames) {
    return Error{"codebooks: only " + std::to_string(audible) + " of " + std::to_string(drawn) +
                 " frames of the data are audible"};
  }
  const int64_t silent = std::max<int64_t>(1, options.frames / std::max(1, model.bottleneck.codes()));
  parts.push_back(Silence(state).expand({silent, -1}));
  return torch::cat(parts);
}

Result<std::vector<CodebookStats>> FitCodebooks(
    TrainingState& state, const Dataset& data, const FitCodebookOptions& options,
    const std::function<void(int64_t done, int64_t total)>& progress) {
  VectorPerturbation* bottleneck = CodebooksOf(state);
  if (bottleneck == nullptr) {
    return Error{"a bottleneck of type \"" + state.config.model.bottleneck.type +
                 "\" has no codebook that is fitted after training"};
  }
  const auto latents = DrawLatents(state, data, options, progress);
  if (!latents.ok()) return latents.error();
  if (!torch::isfinite(latents.value()).all().item<bool>())
    return Error{"codebooks: the network's latents are not finite"};
  bottleneck->FitCodebook(latents.value(), options.seed);
  return Describe(*bottleneck, state.config.model.bottleneck, latents.value().to(state.device));
}

}  // namespace quaver
