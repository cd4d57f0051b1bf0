#include "codec/train/warm_start.h"

#include <nlohmann/json.hpp>
#include <sstream>
#include <torch/serialize/archive.h>
#include <torch/utils.h>

namespace quaver {
namespace {

using nlohmann::json;

bool SameBottleneck(const Config& a, const Config& b) {
  Config other = a;
  other.bottleneck = b.bottleneck;
  return CanonicalJson(other) == CanonicalJson(a);
}

// The networks must agree in all but their names, and in what their bottlenecks do with as many latents.
Status CheckNetworks(const Config& from, const Config& to) {
  Config renamed = from;
  renamed.name = to.name;
  if (from.bottleneck.latents() == to.bottleneck.latents()) renamed.bottleneck = to.bottleneck;
  if (CanonicalJson(renamed) == CanonicalJson(to)) return {};
  return Error{"the network of \"" + from.name +
               "\" is not that of the configuration: " + CanonicalJson(from) + " and " + CanonicalJson(to)};
}

template <typename Save, typename Load>
void Copy(const Save& save, const Load& load) {
  torch::serialize::OutputArchive out;
  save(out);
  std::stringstream stream;
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  load(in);
}

void CopyMoments(const AdamW& from, AdamW& to) {
  Copy([&](auto& archive) { from.Save(archive); }, [&](auto& archive) { to.Load(archive); });
}

void CopyValues(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to) {
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
}

// Discriminators of the same kind and shape keep what they know; others begin anew, and all of them without
// moments if any does.
void CopyDiscriminators(Adversary& from, Adversary& to) {
  torch::NoGradGuard no_grad;
  const auto known = from.discriminators->named_parameters();
  bool all = true;
  for (auto& parameter : to.discriminators->named_parameters()) {
    const torch::Tensor* source = known.find(parameter.key());
    const bool same = source && source->sizes() == parameter.value().sizes();
    if (same) parameter.value().copy_(*source);
    all = all && same;
  }
  if (all && known.size() == to.discriminators->named_parameters().size())
    CopyMoments(*from.optimizer, *to.optimizer);
}

}  // namespace

Status WarmStart(TrainingState& state, TrainingState& from) {
  const Status same = CheckNetworks(from.config.model, state.config.model);
  if (!same.ok()) return same;
  CopyValues(from.network->parameters(), state.network->parameters());
  CopyValues(from.average->parameters(), state.average->parameters());
  if (SameBottleneck(from.config.model, state.config.model)) {
    Copy([&](auto& archive) { from.bottleneck->save(archive); },
         [&](auto& archive) { state.bottleneck->load(archive); });
    CopyMoments(*from.optimizer, *state.optimizer);
  }
  if (state.adversary && from.adversary) CopyDiscriminators(*from.adversary, *state.adversary);
  json training = {{"steps", from.step},
                   {"hours_of_training", from.seconds / 3600},
                   {"hours_of_audio_seen", from.audio_seconds / 3600},
                   {"options", json::parse(TrainingJson(from.config.training))}};
  if (!from.origin.empty()) training["began_with"] = json::parse(from.origin);
  state.origin = json{{"training", training}}.dump();
  return {};
}

Status WarmStart(TrainingState& state, const Weights& weights) {
  const Status same = CheckNetworks(weights.config, state.config.model);
  if (!same.ok()) return same;
  LoadTensors(*state.network, weights.tensors);
  LoadTensors(*state.average, weights.tensors);
  const auto summary = weights.metadata.find("training");
  const json training =
      summary == weights.metadata.end() ? json() : json::parse(summary->second, nullptr, false);
  state.origin =
      json{{"identity", ToHex(weights.identity)}, {"training", training.is_discarded() ? json() : training}}
          .dump();
  return {};
}

}  // namespace quaver
