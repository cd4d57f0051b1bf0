// One structure holds a training run: saved and restored as a whole.
#ifndef QUAVER_CODEC_TRAIN_CHECKPOINT_H_
#define QUAVER_CODEC_TRAIN_CHECKPOINT_H_

#include <torch/torch.h>

#include <memory>
#include <random>
#include <string>

#include "codec/status.h"
#include "codec/train/network.h"
#include "codec/train/options.h"

namespace quaver {

struct TrainingState {
  explicit TrainingState(const TrainingConfig& config);

  TrainingConfig config;
  TorchNetwork network;
  TorchNetwork average;  // exponential moving average of the weights: what is validated and exported
  std::unique_ptr<torch::optim::AdamW> optimizer;
  std::mt19937_64 random;    // crops and masks
  at::Generator generator;   // noise of the bottleneck
  int64_t step = 0;          // finished steps
  double seconds = 0;        // spent training, over all restarts
  double audio_seconds = 0;  // seen, over all restarts
  int64_t bad_steps = 0;     // skipped because the loss was not finite
  std::string origin;        // of the weights that the run began with, JSON; empty: random ones
};

// Written to a temporary name and renamed: a crash leaves the old checkpoint whole.
Status SaveCheckpoint(TrainingState& state, const std::string& path);
Result<std::unique_ptr<TrainingState>> LoadCheckpoint(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_CHECKPOINT_H_
