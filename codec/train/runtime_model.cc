#include "codec/train/runtime_model.h"

#include <utility>

#include "codec/bitstream/entropy_model.h"
#include "codec/model_access.h"

namespace quaver {

Result<std::shared_ptr<const Model>> RuntimeModel(Weights weights) {
  const EntropyModel flat = EntropyModel::Uniform(weights.config.bottleneck);
  weights.frequencies.assign(flat.frequencies().begin(), flat.frequencies().end());
  weights.entropy_network = {};
  return internal::ModelAccess::FromWeights(std::move(weights));
}

}  // namespace quaver
