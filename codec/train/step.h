// One step of training: forward, losses, backward, update.
#ifndef QUAVER_CODEC_TRAIN_STEP_H_
#define QUAVER_CODEC_TRAIN_STEP_H_

#include <string>
#include <utility>
#include <vector>

#include "codec/train/batches.h"
#include "codec/train/checkpoint.h"
#include "codec/train/distributed/data_parallel.h"
#include "codec/train/losses.h"
#include "codec/train/workers.h"

namespace quaver {

struct StepReport {
  int64_t step = 0;
  double total = 0;  // the generator's loss
  // Its terms and what else there is to watch, by name: log_mel_db, convergence, waveform, norm, accept
  // (share of the bottleneck's proposals), gradient (norm before clipping); with discriminators adversarial,
  // features, discriminator.
  std::vector<std::pair<std::string, double>> terms;
  double learning_rate = 0;
  double progress = 0;  // 0 .. 1, by steps or by the clock
  double seconds_left = 0;
  double audio_rate = 0;   // audio seconds a second
  bool finite = true;      // false: nothing was updated
  bool own_finite = true;  // the loss of this rank's share of the batch
};

// Runs one step on a batch of crops [batch, crop_frames * frame] and updates networks and average. With peers
// the batch is this rank's share; losses and gradients are means over the whole batch.
// The number of workers changes nothing but the rounding of sums.
StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const CropBatch& batch,
                     double progress, DataParallel& peers, Workers& workers);
// The same alone, with one worker.
StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const CropBatch& batch,
                     double progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_STEP_H_
