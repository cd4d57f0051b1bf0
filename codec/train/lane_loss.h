// The reconstruction losses of a batch whose samples lie in lanes.
#ifndef QUAVER_CODEC_TRAIN_LANE_LOSS_H_
#define QUAVER_CODEC_TRAIN_LANE_LOSS_H_

#include <torch/types.h>
#include <vector>

#include "codec/train/generator_pass.h"
#include "codec/train/lanes.h"
#include "codec/train/losses.h"
#include "codec/train/options.h"

namespace quaver {

struct LaneLoss {
  // [6]: weighted sum, log_mel, convergence, waveform, estoi, disturbance; the lane's shares in the batch's.
  torch::Tensor values;
  torch::Tensor at_decoded;  // gradient of the batch's weighted sum at the lane's decoded samples
};

// Of each lane. The weight of the waveform term goes by the `progress` (0 .. 1) of the training.
std::vector<LaneLoss> LossesOf(const GeneratorPass& pass, const ReconstructionLoss& loss,
                               const LossOptions& options, double progress, Lanes& lanes);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LANE_LOSS_H_
