// Gradients of parameters that lanes share: each lane runs backward passes of its own, and their sum is what
// a step goes by.
#ifndef QUAVER_CODEC_TRAIN_LANE_GRADIENTS_H_
#define QUAVER_CODEC_TRAIN_LANE_GRADIENTS_H_

#include <torch/types.h>
#include <vector>

#include "codec/train/distributed/gradient_sum.h"
#include "codec/train/lanes.h"

namespace quaver {

class LaneGradients {
 public:
  // `sum` lists the parameters, and takes their gradients to the ranks of a group. Begin() is called here.
  LaneGradients(Lanes& lanes, GradientSum& sum);

  // In a lane: from the roots with the gradients given at them, back to the parameters that they depend on,
  // and to `inputs`, whose gradients it returns.
  std::vector<torch::Tensor> Backward(int lane, const std::vector<torch::Tensor>& roots,
                                      const std::vector<torch::Tensor>& at_roots,
                                      const std::vector<torch::Tensor>& inputs, bool keep_graph = false);
  // Outside the lanes: hands over the gradients of the parameters that the backward passes since the last
  // call have reached, each of which is reached once a step.
  void Collect();
  void Finish();  // .grad of every parameter is the sum, over lanes and in the mean over ranks

 private:
  Lanes& threads_;
  GradientSum& sum_;
  std::vector<std::vector<torch::Tensor>> lanes_;  // of each lane, by parameter
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LANE_GRADIENTS_H_
