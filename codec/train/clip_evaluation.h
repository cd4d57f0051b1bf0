// One clip through the averaged network of a run, once as at inference and once as in training: what the
// comparison of bottlenecks goes by.
#ifndef QUAVER_CODEC_TRAIN_CLIP_EVALUATION_H_
#define QUAVER_CODEC_TRAIN_CLIP_EVALUATION_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "codec/train/checkpoint.h"
#include "codec/train/losses.h"

namespace quaver {

// The terms of the reconstruction loss, and their sum with the weights of the end of training.
struct ClipLoss {
  double total = 0;
  double log_mel_db = 0;
  double convergence = 0;
  double waveform = 0;
};

struct ClipEvaluation {
  std::vector<float> decoded;    // as at inference; as long as the clip, delay removed
  std::vector<uint16_t> tokens;  // [frames, n_q]; none if the bottleneck has none
  ClipLoss quantised;            // of `decoded`
  ClipLoss trained;              // as the bottleneck passes latents while training: perturbed, for instance
};

class ClipEvaluator {
 public:
  // `quantiser` stands in for the run's bottleneck at inference; it may be the same.
  ClipEvaluator(TrainingState& state, std::shared_ptr<const Bottleneck> quantiser);

  // samples [samples] at the model's rate, at least as long as the largest spectrum of the loss; the first
  // `n_q` groups. `index` of the clip decides its noise. From several threads at a time. Leaves in the
  // bottleneck what a step of training would, but ends no step. Throws what LibTorch throws.
  ClipEvaluation Evaluate(const std::vector<float>& samples, int n_q, int64_t index);

 private:
  ClipLoss Loss(const torch::Tensor& reference, const torch::Tensor& decoded) const;
  torch::Tensor Decode(const torch::Tensor& y, int n_q, int64_t samples);

  TrainingState& state_;
  std::shared_ptr<const Bottleneck> quantiser_;
  ReconstructionLoss loss_;
  std::mutex one_forward_;  // bottlenecks remember what they saw
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_CLIP_EVALUATION_H_
