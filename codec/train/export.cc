#include "codec/train/export.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "codec/model/eight_bit.h"
#include "codec/model/layers.h"
#include "codec/train/bottlenecks/vp.h"
#include "codec/train/fit_codebook.h"
#include "codec/train/fit_level.h"

namespace quaver {
namespace {

// The codebooks of vector perturbation, F32 [groups or 1, codes, dims].
void AddCodebooks(const Bottleneck& bottleneck, std::map<std::string, Tensor>& tensors) {
  const auto* perturbation = dynamic_cast<const VectorPerturbation*>(&bottleneck);
  if (perturbation == nullptr) return;
  const torch::Tensor codebook = perturbation->codebook().cpu().contiguous();
  const float* values = codebook.const_data_ptr<float>();
  tensors[kCodebook] = {codebook.sizes().vec(), {values, values + codebook.numel()}};
}

std::string Summary(const TrainingState& state, const Dataset& data) {
  nlohmann::json summary = {{"steps", state.step},
                            {"hours_of_training", state.seconds / 3600},
                            {"hours_of_audio_seen", state.audio_seconds / 3600},
                            {"clips", data.clips.size()},
                            {"hours_of_data", data.seconds() / 3600},
                            {"options", nlohmann::json::parse(TrainingJson(state.config.training))}};
  if (!state.origin.empty()) summary["began_with"] = nlohmann::json::parse(state.origin);
  return summary.dump();
}

}  // namespace

Status CheckExport(const Config& config) {
  const std::string& type = config.bottleneck.type;
  if (type == "fsp" || type == "vp") return {};
  const std::string why = type == "none" ? "its latents are not quantised, so there are no tokens to send"
                                         : "it is there to be compared with, and the codec cannot run it";
  return Error{"a bottleneck of type \"" + type + "\" is not exported: " + why};
}

Result<Weights> ExportWeights(TrainingState& state, const Dataset& data, const ExportOptions& options,
                              const FitProgress& progress) {
  const Config& config = state.config.model;
  const Status possible = CheckExport(config);
  if (!possible.ok()) return possible.error();
  Weights weights;
  weights.config = config;
  weights.tensors = ReadTensors(*state.average);
  if (NeedsCodebook(state)) {
    const auto fitted = FitCodebooks(state, data, {}, {});
    if (!fitted.ok()) return fitted.error();
  }
  AddCodebooks(*state.bottleneck, weights.tensors);
  if (options.eight_bit) {  // before the entropy model sees tokens: it is fitted to those that will be sent
    const Status stored = StoreMatricesAsEightBit(weights);
    if (!stored.ok()) return stored.error();
  }
  weights.metadata["licence"] = "Apache-2.0";
  weights.metadata["training"] = Summary(state, data);
  if (options.fit_level) {
    const auto gain = FitLevel(weights, data, progress);
    if (!gain.ok()) return gain.error();
    weights.metadata["gain_db"] = nlohmann::json(std::round(100 * gain.value()) / 100).dump();
  }
  const Status fitted = FitEntropy(weights, data, options.entropy_network, progress);
  if (!fitted.ok()) return fitted.error();
  return weights;
}

}  // namespace quaver
