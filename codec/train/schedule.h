// How far a run is, and the learning rate that belongs to it.
#ifndef QUAVER_CODEC_TRAIN_SCHEDULE_H_
#define QUAVER_CODEC_TRAIN_SCHEDULE_H_

#include <cstdint>

#include "codec/train/checkpoint.h"

namespace quaver {

// 0 .. 1, by steps or by the clock.
double ProgressOf(const TrainingState& state);

// Relative learning rate at `progress` (0 .. 1) of a run: linear warm-up, constant, then 1 - sqrt to
// final_rate (Haegele et al., arXiv 2405.18392).
double LearningRateFactor(const TrainingOptions& options, int64_t step, double progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_SCHEDULE_H_
