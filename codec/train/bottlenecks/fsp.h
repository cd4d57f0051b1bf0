// FSP, finite scalar perturbation (Zhai et al., VP-VAE, arXiv 2602.17133, section 3.3): latents are squashed
// to [0, 1] by a CDF-like function and, while training, half of them are quantised (straight through) and
// half moved by uniform noise of one cell's width that stays inside the interval. There is no codebook.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_FSP_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_FSP_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

class Fsp : public Bottleneck {
 public:
  Fsp(const BottleneckConfig& config, const FspOptions& options);

  // Loss: the moment loss. Watched: accept, the share of proposals that stayed inside.
  BottleneckOutput Forward(const BottleneckInput& input) override;
  BottleneckOutput Quantize(const torch::Tensor& latents) const override;

  torch::Tensor Squash(const torch::Tensor& latents) const;        // [.., latents] -> (0, 1)
  torch::Tensor Centroids(const torch::Tensor& squashed) const;    // nearest centroid of each, in [0, 1]
  torch::Tensor Tokens(const torch::Tensor& squashed) const;       // [.., groups]
  torch::Tensor TokensToOutput(const torch::Tensor& token) const;  // [.., groups] -> y [.., latents]
  // Moments of the latents over batch and time held to mean 0 and the variance under which the squashing
  // function is the CDF of the logistic, normal or Laplace law. 0 for cauchy, which has no variance.
  torch::Tensor NormLoss(const torch::Tensor& latents, Group* group = nullptr) const;
  double variance_target() const;  // 0: none

 private:
  torch::Tensor Levels(const torch::Tensor& like) const;     // level count of each latent, as `like`
  torch::Tensor Cells(const torch::Tensor& squashed) const;  // 0 .. levels - 1
  BottleneckOutput Quantized(const torch::Tensor& squashed) const;
  torch::Tensor Perturb(const torch::Tensor& squashed, const BatchRandom& random,
                        torch::Tensor& accepted) const;

  BottleneckConfig config_;
  FspOptions options_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_FSP_H_
