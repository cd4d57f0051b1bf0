// What bottlenecks with learnt codebooks share. Codebooks are [groups, codes, dims], one for each group; the
// number of codes is K.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_CODES_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_CODES_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/bottleneck.h"

namespace quaver {

// Latents [.., groups * dims] -> token [.., groups] of the nearest codes; one that is not finite gets some
// token. And token -> codes [.., groups * dims], with a gradient
// to the codebooks.
torch::Tensor NearestTokens(const torch::Tensor& latents, const torch::Tensor& codebooks);
torch::Tensor TokensToCodes(const torch::Tensor& token, const torch::Tensor& codebooks);

// y, with the gradient of the latents (straight through), and token.
BottleneckOutput ToNearest(const torch::Tensor& latents, const torch::Tensor& codebooks);

// Which tokens count [batch, frames, groups], bool: groups that were kept and whose latents are finite.
torch::Tensor Counted(const BottleneckInput& input, int groups);

// Squared error of a and b [batch, frames, groups * dims], mean over the dimensions and the tokens that
// `counted` selects; 0 if there are none. With a group it is scaled so that the mean over the ranks is the
// mean over the tokens of all of them.
torch::Tensor CountedError(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& counted,
                           Group* group);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_CODES_H_
