// A batch on its way through encoder, bottleneck and decoder, and its gradients on their way back. The parts
// of the network run on workers; the bottleneck sees the whole batch.
#ifndef QUAVER_CODEC_TRAIN_GENERATOR_PASS_H_
#define QUAVER_CODEC_TRAIN_GENERATOR_PASS_H_

#include <torch/types.h>

#include <vector>

#include "codec/train/batches.h"
#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/checkpoint.h"
#include "codec/train/worker_gradients.h"
#include "codec/train/workers.h"

namespace quaver {

class GeneratorPass {
 public:
  // What a worker made of its samples.
  struct Part {
    double share = 1;         // of the batch's samples
    torch::Tensor reference;  // [samples of the worker, samples]: decoded audio is late by the overlap of the
                              // synthesis window, so both are
    torch::Tensor decoded;    // cut to the samples that stand for each other
    torch::Tensor tokens;     // [samples of the worker]: tokens a frame that reached the decoder, in the mean
  };

  GeneratorPass(TrainingState& state, Workers& workers);

  // `crops` are the batch's, on the device of the training.
  void Forward(const CropBatch& batch, const torch::Tensor& crops, Group& group);
  // From the gradients at each worker's decoded samples, and from `bottleneck_weight` times the bottleneck's
  // loss.
  void Backward(const std::vector<torch::Tensor>& at_decoded, double bottleneck_weight,
                WorkerGradients& gradients);

  const std::vector<Part>& parts() const { return parts_; }
  const BottleneckOutput& bottleneck() const { return bottleneck_; }

 private:
  TrainingState& state_;
  Workers& workers_;
  std::vector<Part> parts_;
  std::vector<torch::Tensor> encoded_;    // of each worker, with its graph
  std::vector<torch::Tensor> to_decode_;  // of each worker, where its decoder's graph begins
  torch::Tensor latents_;                 // of the batch, where the bottleneck's graph begins
  torch::Tensor kept_;                    // and where it ends
  BottleneckOutput bottleneck_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_GENERATOR_PASS_H_
