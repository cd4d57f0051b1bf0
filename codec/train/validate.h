// Scores of the averaged network on held-out clips, quantised as at inference.
#ifndef QUAVER_CODEC_TRAIN_VALIDATE_H_
#define QUAVER_CODEC_TRAIN_VALIDATE_H_

#include <string>
#include <vector>

#include "codec/data/dataset.h"
#include "codec/train/checkpoint.h"
#include "codec/train/distributed/group.h"

namespace quaver {

// Samples [samples] through encoder, quantiser with the first `n_q` groups, and decoder, delay removed.
std::vector<float> RoundTrip(TorchNetworkImpl& network, const Fsp& bottleneck,
                             const std::vector<float>& samples, int n_q);

// A JSON object: for n_q = 3, 6, 12 and all groups the mean ESTOI and log-mel distance (dB) over
// validate_clips clips from all over the set, the first 20 seconds of each. The ranks of a group share the
// clips out; all of them get the scores of all.
std::string Validate(TrainingState& state, const Dataset& validation, Group& group);
std::string Validate(TrainingState& state, const Dataset& validation);  // alone

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_VALIDATE_H_
