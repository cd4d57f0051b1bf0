// The training loop.
#ifndef QUAVER_CODEC_TRAIN_TRAINER_H_
#define QUAVER_CODEC_TRAIN_TRAINER_H_

#include <atomic>
#include <functional>
#include <string>

#include "codec/train/checkpoint.h"
#include "codec/train/data/load.h"
#include "codec/train/distributed/group.h"
#include "codec/train/log/validation_result.h"
#include "codec/train/run_folder.h"
#include "codec/train/step.h"

namespace quaver {

// How the data of a run are read: its rate, its files to leave out, no clip below 4 frames.
LoadOptions DataOptions(const TrainingConfig& config);
// How its crops are drawn.
CropOptions CropsOf(const TrainingConfig& config);

struct TrainCallbacks {
  std::function<void(const StepReport&)> on_step;
  std::function<void(int64_t step, const ValidationResult&)> on_validation;
  std::function<void(const std::string&)> on_message;
};

// Trains until the schedule ends or `stop` is set; saves checkpoints to `folder` on the way and at the end,
// and the state with the best validation. An error if the last checkpoint cannot be written, or if more steps
// than the configuration allows had a loss that is not finite.
// With a group of several processes all of them call this with the same state and data. Each takes its share
// of every batch, and the first alone writes checkpoints and calls back, but for messages about a rank's own
// share of a batch. `stop` on any of them ends all. An error also if a peer is lost: the process should then
// end with std::_Exit, and the launcher start all of them again.
Status Train(TrainingState& state, const Dataset& data, const Dataset& validation, const RunFolder& folder,
             const TrainCallbacks& callbacks, const std::atomic<bool>& stop, Group& group);
// Alone.
Status Train(TrainingState& state, const Dataset& data, const Dataset& validation, const RunFolder& folder,
             const TrainCallbacks& callbacks, const std::atomic<bool>& stop);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_TRAINER_H_
