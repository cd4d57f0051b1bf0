// FSQ, finite scalar quantisation (Mentzer et al., arXiv 2309.15505), and its symmetric form with noise: what
// FSP is compared with. Latents are bounded by tanh and rounded to levels whose outer two lie at the ends of
// the range, where a cell has half the width of the others.
//
//   fsq        tanh(a + shift) (L - 1)(1 + 1e-3) / 2 - offset, rounded, by floor(L / 2); offset 1/2 and the
//              shift that makes up for it if L is even. Always rounded, straight through.
//   fsq-noise  z = (tanh(a) + 1) / 2 rounded to k / (L - 1); while training a share of the elements is moved
//              by uniform noise of width 1 / L instead, which may leave the range (the baseline of arXiv
//              2602.17133).
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_FSQ_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_FSQ_H_

#include <torch/types.h>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

class Fsq : public Bottleneck {
 public:
  // Codes lie in [-1, 1]; the decoder gets them times sqrt(3), the unit variance of FSP's if they were
  // uniform.
  static constexpr double kScale = 1.7320508075688772;

  Fsq(const BottleneckConfig& config, const FsqOptions& options);

  // Loss: none, 0.
  BottleneckOutput Forward(const BottleneckInput& input) override;
  BottleneckOutput Quantize(const torch::Tensor& latents) const override;

  // Latents [.., latents] in units of the step between levels: rounded, they are the levels 0 .. L - 1.
  torch::Tensor Bounded(const torch::Tensor& latents) const;
  torch::Tensor TokensToOutput(const torch::Tensor& token) const;  // [.., groups] -> y [.., latents]

 private:
  torch::Tensor Output(const torch::Tensor& bounded) const;
  BottleneckOutput Quantized(const torch::Tensor& bounded) const;

  BottleneckConfig config_;
  FsqOptions options_;
  bool symmetric_;  // fsq-noise
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_BASELINES_FSQ_H_
