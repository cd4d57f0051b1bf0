// Causal depthwise convolution on [batch, steps, channels]. On the CPU our own kernel: with channels last it
// reads memory in order, where LibTorch's grouped conv1d needs two transpositions and ran several times
// slower.
#ifndef QUAVER_CODEC_TRAIN_DEPTHWISE_H_
#define QUAVER_CODEC_TRAIN_DEPTHWISE_H_

#include <torch/types.h>

namespace quaver {

// x [batch, steps, channels], weight [kernel, channels] (oldest step first), bias [channels]; fp32, zeros
// before the first step.
torch::Tensor DepthwiseConv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DEPTHWISE_H_
