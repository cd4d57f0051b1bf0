// The training loop: one process, one device.
#ifndef QUAVER_CODEC_TRAIN_TRAINER_H_
#define QUAVER_CODEC_TRAIN_TRAINER_H_

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "codec/train/checkpoint.h"
#include "codec/train/data.h"
#include "codec/train/log/validation_result.h"
#include "codec/train/losses.h"

namespace quaver {

// How the data of a run are read: its rate, its files to leave out, no clip below 4 frames.
LoadOptions DataOptions(const TrainingConfig& config);

struct StepReport {
  int64_t step = 0;
  double total = 0;
  double log_mel = 0;  // dB
  double convergence = 0;
  double waveform = 0;
  double norm = 0;
  double accept = 0;    // share of the bottleneck's proposals
  double gradient = 0;  // norm before clipping
  double learning_rate = 0;
  double progress = 0;  // 0 .. 1, by steps or by the clock
  double seconds_left = 0;
  double audio_rate = 0;  // audio seconds a second
  bool finite = true;     // false: the step was skipped
};

// Relative learning rate at `progress` (0 .. 1) of a run: linear warm-up, constant, then 1 - sqrt to
// final_rate (Haegele et al., arXiv 2405.18392).
double LearningRateFactor(const TrainingOptions& options, int64_t step, double progress);

// Runs one step on a batch of crops [batch, crop_frames * frame] and updates the average.
StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const torch::Tensor& crops,
                     double progress);

struct TrainCallbacks {
  std::function<void(const StepReport&)> on_step;
  std::function<void(int64_t step, const ValidationResult&)> on_validation;
  std::function<void(const std::string&)> on_message;
};

// Trains until the schedule ends or `stop` is set; saves checkpoints to `checkpoint_path` on the way and at
// the end.
Status Train(TrainingState& state, const Dataset& data, const Dataset& validation,
             const std::string& checkpoint_path, const TrainCallbacks& callbacks,
             const std::atomic<bool>& stop);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_TRAINER_H_
