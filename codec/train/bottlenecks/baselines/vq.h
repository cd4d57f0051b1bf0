// VQ, vector quantisation with a codebook for each group (van den Oord et al., arXiv 1711.00937), straight
// through. Codes follow a gradient, or the average of the latents that choose them ("ema"), which is the
// stronger of the two.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_VQ_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_VQ_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

// By a gradient: codes begin uniform within 1 / K and stay where they are if nothing chooses them.
//
// By averages: for the first steps latents pass as they are, and 4 K of each group are gathered; the codebook
// is what 10 rounds of k-means make of them. From then on counts and sums of each code's latents are averaged
// over steps, and a code is their quotient (Laplace smoothing of the counts, 1e-5). A code whose average
// count falls below `restart_below`, and below a fifth of an equal share, begins again at a latent of the
// batch with the count of an equal share; at most K / 8 do in a step. The latents that are gathered or begun
// at are those with the smallest random numbers of the batch, so they depend neither on the number of ranks
// nor on interruptions.
//
// Groups that were dropped, and latents that are not finite, take no part in any of this.
class Vq : public Bottleneck {
 public:
  Vq(const BottleneckConfig& config, const VqOptions& options);

  // Loss over the kept groups, means over elements: commitment |x - sg(q)|^2, by a gradient also
  // |sg(x) - q|^2. Watched, by averages: restarts, the codes that began again after the last step.
  BottleneckOutput Forward(const BottleneckInput& input) override;
  BottleneckOutput Quantize(const torch::Tensor& latents) const override;
  void EndStep(Group* group) override;

  torch::Tensor Codebooks() const;  // [groups, codes, dims]
  bool ready(int group) const;      // by averages: has its codebook begun?

 private:
  // Of one step.
  struct Seen {
    torch::Tensor sums;  // [groups, codes, dims + 1], fp64: of the latents of each code, and their count
    torch::Tensor candidates;  // [groups, up to K / 8, dims + 1]: latents and their random numbers; 2: none
  };

  Seen Observe(const torch::Tensor& latents, const torch::Tensor& token, const torch::Tensor& counted,
               const BatchRandom& random) const;
  void Gather(int group, const torch::Tensor& candidates, double tokens);
  void Begin(int group, double tokens);
  void Average(int group, const torch::Tensor& sums);
  int64_t Restart(int group, const torch::Tensor& candidates);
  int64_t most_candidates() const;

  BottleneckConfig config_;
  VqOptions options_;
  torch::Tensor codebook_;  // [groups * codes, dims]: a parameter (two dimensions: no decay), or a buffer
  // By averages, buffers:
  torch::Tensor count_;     // [groups, codes]
  torch::Tensor sum_;       // [groups, codes, dims]
  torch::Tensor pool_;      // [groups, 4 K, dims], what was gathered
  torch::Tensor gathered_;  // [groups] int64: how much of it; 4 K: the codebook has begun
  Seen seen_;
  int64_t restarts_ = 0;  // after the last step
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_VQ_H_
