// What stands between encoder and decoder: latents are perturbed or quantised while training, and always
// quantised at inference.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_BOTTLENECK_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_BOTTLENECK_H_

#include <memory>
#include <string>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <utility>
#include <vector>

#include "codec/quantize/bottleneck_config.h"
#include "codec/train/random.h"

namespace quaver {

class Group;
struct BottleneckOptions;

struct BottleneckInput {
  torch::Tensor latents;  // [batch, frames, groups * dims], fp32, as the encoder projects them
  torch::Tensor kept;     // [batch, frames, groups], 1: the decoder will get the group, 0: it was dropped
  torch::Tensor audible;  // [batch, frames], 1: the frame is neither digital silence nor padding
  const BatchRandom& random;
  Group* group = nullptr;  // the processes that share the batch; null: this one alone
};

struct BottleneckOutput {
  torch::Tensor y;      // [batch, frames, groups * dims], what the decoder gets
  torch::Tensor token;  // [batch, frames, groups] int64, of the hard quantiser of the clean latents;
                        // undefined if the bottleneck has none
  torch::Tensor loss;   // scalar: moment loss, or commitment and codebook loss
  std::vector<std::pair<std::string, torch::Tensor>> watch;  // scalars for the log
};

// A module of LibTorch: parameters are trained with the network's, buffers (queue, codebook) are saved with
// the run.
class Bottleneck : public torch::nn::Module {
 public:
  virtual BottleneckOutput Forward(const BottleneckInput& input) = 0;
  // As at inference, without side effects; from several threads at a time. Any leading shape.
  virtual BottleneckOutput Quantize(const torch::Tensor& latents) const = 0;

  // After each step, on all ranks: what is remembered between steps takes in what Forward saw. Ranks that
  // must agree on it do so here.
  virtual void EndStep(Group* /*group*/) {}
  // Before tokens are asked for, on all ranks: a codebook that is fitted to latents is fitted if there is
  // none yet, or none of this step.
  virtual void PrepareToQuantize(Group* /*group*/) {}
  // Why tokens cannot be had yet, for instance because no codebook was fitted; empty: they can.
  virtual std::string NotReady() const { return ""; }
};

std::shared_ptr<Bottleneck> MakeBottleneck(const BottleneckConfig& config, const BottleneckOptions& options);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_BOTTLENECK_H_
