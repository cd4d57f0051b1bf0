// Weights that are still being made into a file, as the runtime runs them.
#ifndef QUAVER_CODEC_TRAIN_RUNTIME_MODEL_H_
#define QUAVER_CODEC_TRAIN_RUNTIME_MODEL_H_

#include <memory>

#include "codec/codec.h"
#include "codec/model/weights.h"
#include "codec/status.h"

namespace quaver {

// With flat token frequencies in place of an entropy model, whatever `weights` has. Matrices are rounded as
// the file stores them.
Result<std::shared_ptr<const Model>> RuntimeModel(Weights weights);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_RUNTIME_MODEL_H_
