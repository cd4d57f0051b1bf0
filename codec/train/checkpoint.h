// One structure holds a training run: saved and restored as a whole.
#ifndef QUAVER_CODEC_TRAIN_CHECKPOINT_H_
#define QUAVER_CODEC_TRAIN_CHECKPOINT_H_

#include <memory>
#include <string>
#include <torch/types.h>

#include "codec/status.h"
#include "codec/train/balancer.h"
#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/discriminator.h"
#include "codec/train/network.h"
#include "codec/train/optimizer.h"
#include "codec/train/options.h"

namespace quaver {

// The discriminators of a run and what belongs to them.
struct Adversary {
  Adversary(const AdversaryOptions& options, torch::Device device);

  Discriminators discriminators;
  std::unique_ptr<AdamW> optimizer;
  Balancer balancer;
};

// Random numbers come from the seed and the index of a sample (codec/train/random.h), so `samples` is the
// random state and the data cursor in one.
struct TrainingState {
  explicit TrainingState(const TrainingConfig& config, torch::Device device = torch::kCPU);

  std::vector<torch::Tensor> TrainedParameters() const;  // of network and bottleneck
  bool UsesBf16() const;  // as configured, if the device multiplies it: otherwise in fp32

  TrainingConfig config;
  torch::Device device;
  TorchNetwork network;
  std::shared_ptr<Bottleneck> bottleneck;
  TorchNetwork average;  // exponential moving average of the weights: what is validated and exported
  std::unique_ptr<AdamW> optimizer;
  std::unique_ptr<Adversary> adversary;  // null: training without discriminators
  int64_t step = 0;                      // finished steps
  int64_t samples = 0;                   // crops drawn, over all processes: index of the next
  double seconds = 0;                    // spent training, over all restarts
  double audio_seconds = 0;              // seen, over all processes and restarts
  int64_t bad_steps = 0;                 // skipped because the loss was not finite
  double best_score = 0;                 // of the validations so far (ScoreOf)
  int64_t best_step = 0;                 // 0: none yet
  std::string origin;                    // of the weights that the run began with, JSON; empty: random ones
};

// Written to a temporary name and renamed: a crash leaves an old checkpoint of that name whole.
Status SaveCheckpoint(TrainingState& state, const std::string& path);
Result<std::unique_ptr<TrainingState>> LoadCheckpoint(const std::string& path,
                                                      torch::Device device = torch::kCPU);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_CHECKPOINT_H_
