// Scores of the averaged network on held-out clips, quantised as at inference.
#ifndef QUAVER_CODEC_TRAIN_VALIDATE_H_
#define QUAVER_CODEC_TRAIN_VALIDATE_H_

#include <cstdint>
#include <vector>

#include "codec/train/checkpoint.h"
#include "codec/train/data/dataset.h"
#include "codec/train/distributed/group.h"
#include "codec/train/log/validation_result.h"

namespace quaver {

// Samples [samples] through encoder, quantiser with the first `n_q` groups, and decoder, delay removed.
std::vector<float> RoundTrip(TorchNetworkImpl& network, const Bottleneck& bottleneck,
                             const std::vector<float>& samples, int n_q);

// Which frames are lost [frames], 1: lost: a share of 0.1 in the long run, in bursts of 2 frames in the mean
// (Gilbert's chain of two states). The same for the same `seed`.
std::vector<uint8_t> LostFrames(size_t frames, uint64_t seed);

// Scores (log/validation_result.h) at n_q = 3, 6, 12 and all groups, and at 6 with lost frames; statistics of
// the tokens, if there are any; of 3 clips the sound of the first 6 seconds. Over validate_clips clips from
// all over the set, the first 20 seconds of each; clips too short for ESTOI are left out of the means. As
// many clips at a time as LibTorch has threads, each on one. Throws what LibTorch throws. The ranks of a
// group share the clips out; all of them get the same scores and statistics, and the first the sounds.
ValidationResult Validate(TrainingState& state, const Dataset& validation, Group& group);
ValidationResult Validate(TrainingState& state, const Dataset& validation);  // alone

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_VALIDATE_H_
