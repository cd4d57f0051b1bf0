// A training run that is spread over the processes of a group: each has the whole network and its share of
// every batch.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_DATA_PARALLEL_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_DATA_PARALLEL_H_

#include <memory>
#include <vector>

#include "codec/status.h"
#include "codec/train/checkpoint.h"
#include "codec/train/data/dataset.h"
#include "codec/train/distributed/gradient_sum.h"
#include "codec/train/distributed/group.h"

namespace quaver {

// What a step needs of it.
struct DataParallel {
  DataParallel(Group& the_group, TrainingState& state);

  Group& group;
  GradientSum network;
  std::unique_ptr<GradientSum> discriminators;  // none without an adversary

  // Means over the ranks of values of which each rank has its own; NaN if it is on any rank.
  std::vector<double> Mean(const std::vector<double>& own);
  torch::Tensor Mean(const torch::Tensor& own);
};

// Which samples of each batch are this rank's.
struct Share {
  int count = 0;      // samples of a step
  int64_t first = 0;  // index of the first in the batch
};
// An error if the batch cannot be divided by the number of ranks.
Result<Share> ShareOfBatch(const Group& group, int batch);

// An error, the same on all ranks, unless all of them are to train the same: configuration, step, data.
Status AgreeOnRun(Group& group, const TrainingState& state, const Dataset& data);
// Everybody gets the weights of the first rank.
void BroadcastWeights(Group& group, TrainingState& state);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_DATA_PARALLEL_H_
