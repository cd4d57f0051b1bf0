// Nested dropout over groups (Rippel et al., arXiv 1402.0915) and lost frames, as masks.
#ifndef QUAVER_CODEC_TRAIN_DROPOUT_H_
#define QUAVER_CODEC_TRAIN_DROPOUT_H_

#include <torch/types.h>

#include <cstdint>
#include <random>

#include "codec/train/options.h"

namespace quaver {

// [frames, groups] of 0 and 1: which tokens of a crop reach the decoder. A random number of leading groups is
// kept, which may change once inside the crop; some crops lose bursts of frames.
torch::Tensor DrawTokenMask(const DropOptions& options, int frames, int groups, std::mt19937_64& random);

// [count, frames, groups], each sample's from its own stream (Draw::kMask).
torch::Tensor DrawTokenMasks(const DropOptions& options, uint64_t seed, int64_t first_sample, int count,
                             int frames, int groups);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DROPOUT_H_
