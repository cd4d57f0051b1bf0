// The residual block (kBlock of codec/model/layers.h) as one operation with one backward pass, on the CPU:
// between the matrix products every pass over memory does all that can be done in it (block_kernels.h), and
// the activation, which is half of what a block would have to keep, is computed again instead of kept.
#ifndef QUAVER_CODEC_TRAIN_BLOCK_OP_H_
#define QUAVER_CODEC_TRAIN_BLOCK_OP_H_

#include <torch/types.h>

namespace quaver {

struct BlockParameters {
  torch::Tensor conv_weight;  // [kernel, channels], oldest step first
  torch::Tensor conv_bias;    // [channels]
  torch::Tensor norm_weight;  // [channels]
  torch::Tensor norm_bias;    // [channels]
  torch::Tensor up_weight;    // [hidden, 1, channels]
  torch::Tensor up_bias;      // [hidden]
  torch::Tensor down_weight;  // [channels, 1, hidden]
  torch::Tensor down_bias;    // [channels]
  torch::Tensor scale;        // [channels]
};

// x [batch, steps, channels], all fp32 -> the same shape. With `bf16` the matrix products are in bfloat16.
// Values and gradients do not depend on the number of threads.
torch::Tensor FusedBlock(const torch::Tensor& x, const BlockParameters& parameters, bool bf16);

// The same out of LibTorch's operations, for any device and type.
torch::Tensor ComposedBlock(const torch::Tensor& x, const BlockParameters& parameters, bool bf16);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BLOCK_OP_H_
