// The reconstruction losses of a batch, computed by the workers that hold its samples.
#ifndef QUAVER_CODEC_TRAIN_WORKER_LOSS_H_
#define QUAVER_CODEC_TRAIN_WORKER_LOSS_H_

#include <torch/types.h>
#include <vector>

#include "codec/train/generator_pass.h"
#include "codec/train/losses.h"
#include "codec/train/options.h"
#include "codec/train/workers.h"

namespace quaver {

struct WorkerLoss {
  // [4]: weighted sum, log_mel, convergence, waveform; the worker's shares in the
  // batch's.
  torch::Tensor values;
  torch::Tensor at_decoded;  // gradient of the batch's weighted sum at the worker's decoded samples
};

// Of each worker. The weight of the waveform term goes by the `progress` (0 .. 1) of the training.
std::vector<WorkerLoss> LossesOf(const GeneratorPass& pass, const ReconstructionLoss& loss,
                                 const LossOptions& options, double progress, Workers& workers);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_WORKER_LOSS_H_
