// What the discriminators do between their convolutions on the CPU, each as one operation with one pass over
// memory forward and one back: with LibTorch's operations these passes took a fifth of a training step.
#ifndef QUAVER_CODEC_TRAIN_FEATURE_OP_H_
#define QUAVER_CODEC_TRAIN_FEATURE_OP_H_

#include <torch/types.h>

namespace quaver {

// Whether the two below can take x: fp32 or bfloat16 on the CPU, dense, samples outermost.
bool IsFeature(const torch::Tensor& x);

struct Activation {
  torch::Tensor next;  // for the next convolution
  torch::Tensor
      feature;  // the same values, for the feature loss: gradients by both are added in the same pass
};

// Leaky ReLU in place: x must not be used again.
Activation LeakyActivation(const torch::Tensor& x, double slope);

// Mean over the samples of mean |decoded - recorded| / max(mean |recorded|, floor); fp32. The gradient goes
// to `decoded` [batch, ...] alone. `recorded` has the same shape and strides.
torch::Tensor RelativeDistance(const torch::Tensor& recorded, const torch::Tensor& decoded, double floor);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_FEATURE_OP_H_
