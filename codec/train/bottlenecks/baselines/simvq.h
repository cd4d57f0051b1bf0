// SimVQ (Zhu et al., arXiv 2411.02038): codes are fixed random vectors times a matrix that is learnt, so that
// every code moves whenever one is used.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_SIMVQ_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_SIMVQ_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

class SimVq : public Bottleneck {
 public:
  SimVq(const BottleneckConfig& config, const VqOptions& options);

  // Loss over the kept groups: |sg(x) - q|^2 + commitment |x - sg(q)|^2, means over elements.
  BottleneckOutput Forward(const BottleneckInput& input) override;
  BottleneckOutput Quantize(const torch::Tensor& latents) const override;

  torch::Tensor Codebooks() const;  // [groups, codes, dims]

 private:
  BottleneckConfig config_;
  VqOptions options_;
  torch::Tensor frozen_;  // [groups, codes, dims], N(0, 1 / dims), a buffer
  torch::Tensor matrix_;  // [groups * dims, dims], as torch::nn::Linear begins; two dimensions: no decay
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_SIMVQ_H_
