// No bottleneck: latents reach the decoder as they are. What training with it gives is the upper bound for
// all that quantise; there are no tokens.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_NONE_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_NONE_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

class None : public Bottleneck {
 public:
  explicit None(const NoneOptions& options) : options_(options) {}

  // Loss: moments held to mean 0 and variance 1, so that the decoder sees the scale that the others give it.
  BottleneckOutput Forward(const BottleneckInput& input) override;
  BottleneckOutput Quantize(const torch::Tensor& latents) const override;

 private:
  NoneOptions options_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_NONE_H_
