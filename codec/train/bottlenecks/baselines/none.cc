#include "codec/train/bottlenecks/baselines/none.h"

#include "codec/train/bottlenecks/moments.h"

namespace quaver {

BottleneckOutput None::Forward(const BottleneckInput& input) {
  BottleneckOutput out;
  out.y = input.latents;
  out.loss = MomentLoss(input.latents, /*variance=*/1, options_.moments, input.group);
  return out;
}

BottleneckOutput None::Quantize(const torch::Tensor& latents) const {
  BottleneckOutput out;
  out.y = latents;
  return out;
}

}  // namespace quaver
