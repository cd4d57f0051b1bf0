// What scalar bottlenecks share: each latent has a number of levels, and a group's levels make its token.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_LEVELS_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_LEVELS_H_

#include <functional>
#include <torch/types.h>

#include "codec/quantize/bottleneck_config.h"

namespace quaver {

// of(levels) for each latent of a frame: [latents], in the type and on the device of `like`.
torch::Tensor PerLatent(const BottleneckConfig& config, const torch::Tensor& like,
                        const std::function<double(int levels)>& of);

// Levels [.., latents], whole numbers -> tokens [.., groups] int64, and back. Mixed radix, first dimension
// fastest (codec/quantize/fsp.h).
torch::Tensor LevelsToTokens(const BottleneckConfig& config, const torch::Tensor& level);
torch::Tensor TokensToLevels(const BottleneckConfig& config, const torch::Tensor& token);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_LEVELS_H_
