// A run that begins with the weights of a published model, or with everything that another run learnt.
#ifndef QUAVER_CODEC_TRAIN_WARM_START_H_
#define QUAVER_CODEC_TRAIN_WARM_START_H_

#include "codec/model/weights.h"
#include "codec/status.h"
#include "codec/train/checkpoint.h"

namespace quaver {

// Puts `weights` into the network and the average of a fresh `state` and notes their identity and training
// summary, which Export writes on. An error if the networks differ in more than their names and in what their
// bottlenecks do with as many latents: a VP model may begin as an FSP model.
Status WarmStart(TrainingState& state, const Weights& weights);

// The same from another run: network, average, the same bottleneck with moments of the optimiser, and the
// discriminators that both have (their moments only if they are the same ones in all). Schedule, step and data begin anew. So a checkpoint that is
// published beside a model lets others tune it further with its discriminators. An error as above.
Status WarmStart(TrainingState& state, TrainingState& from);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_WARM_START_H_
