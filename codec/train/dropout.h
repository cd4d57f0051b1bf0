// Nested dropout over groups (Rippel et al., arXiv 1402.0915) and lost frames, as masks.
#ifndef QUAVER_CODEC_TRAIN_DROPOUT_H_
#define QUAVER_CODEC_TRAIN_DROPOUT_H_

#include <torch/torch.h>

#include <random>

#include "codec/train/options.h"

namespace quaver {

// [batch, frames, groups] of 0 and 1: which tokens reach the decoder. Each crop keeps a random number of
// leading groups, which may change once inside the crop; some crops lose bursts of frames.
torch::Tensor DrawTokenMask(const DropOptions& options, int batch, int frames, int groups,
                            std::mt19937_64& random);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DROPOUT_H_
