// Reconstruction losses on waveforms [batch, samples].
#ifndef QUAVER_CODEC_TRAIN_LOSSES_H_
#define QUAVER_CODEC_TRAIN_LOSSES_H_

#include <torch/types.h>

#include <vector>

#include "codec/train/options.h"
#include "codec/train/spectrum_op.h"

namespace quaver {

struct LossTerms {
  torch::Tensor log_mel;  // L1 of log10 mel magnitudes (1 = 20 dB), mean over the scales
  torch::Tensor
      convergence;  // |S - S'| / |S| in the Frobenius norm of each crop (Arik et al., arXiv 1808.06719)
  torch::Tensor waveform;  // L1 relative to each crop's rms
};

class ReconstructionLoss {
 public:
  ReconstructionLoss(const LossOptions& options, int sample_rate, torch::Device device);
  // The gradient goes to the output alone.
  LossTerms operator()(const torch::Tensor& reference, const torch::Tensor& output) const;
  // The same out of LibTorch's operations, for any device and type; the other one takes it where it must.
  LossTerms Composed(const torch::Tensor& reference, const torch::Tensor& output) const;

 private:
  struct Scale {
    SpectralOptions spectral;
    torch::Tensor mel;  // [bins, bands]
  };
  // All but the spectral terms, which are 0.
  LossTerms Others(const torch::Tensor& reference, const torch::Tensor& output) const;

  std::vector<Scale> scales_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOSSES_H_
