#include "codec/train/warm_start.h"

#include <nlohmann/json.hpp>

namespace quaver {

using nlohmann::json;

Status WarmStart(TrainingState& state, const Weights& weights) {
  Config renamed = weights.config;
  renamed.name = state.config.model.name;
  if (CanonicalJson(renamed) != CanonicalJson(state.config.model)) {
    return Error{"the network of \"" + weights.config.name + "\" is not that of the configuration: " +
                 CanonicalJson(weights.config) + " and " + CanonicalJson(state.config.model)};
  }
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
