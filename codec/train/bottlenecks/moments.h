// The moment loss of FSP and VP (Zhai et al., arXiv 2602.17133, eq. 14): latents are held to mean 0 and a
// given variance.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_MOMENTS_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_MOMENTS_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/options.h"

namespace quaver {

class Group;

// Means over the latents [.., count] of the squared error of mean and unbiased variance, taken over all that
// stands before the last dimension. With a group, moments are those of the batch of all its ranks, each of
// which has as many latents.
torch::Tensor MomentLoss(const torch::Tensor& latents, double variance, const MomentOptions& options,
                         Group* group = nullptr);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_MOMENTS_H_
