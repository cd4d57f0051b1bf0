// Gradients of parameters that workers share: each worker runs backward passes of its own, and the optimizer
// gets their sum.
#ifndef QUAVER_CODEC_TRAIN_WORKER_GRADIENTS_H_
#define QUAVER_CODEC_TRAIN_WORKER_GRADIENTS_H_

#include <torch/types.h>
#include <vector>

#include "codec/train/distributed/gradient_sum.h"
#include "codec/train/workers.h"

namespace quaver {

class WorkerGradients {
 public:
  // `sum` lists the parameters, and takes their gradients to the ranks of a group. Begin() is called here.
  WorkerGradients(Workers& workers, GradientSum& sum);

  // On a worker: from the roots with the gradients given at them, back to the parameters that they depend on,
  // and to `inputs`, whose gradients it returns.
  std::vector<torch::Tensor> Backward(int worker, const std::vector<torch::Tensor>& roots,
                                      const std::vector<torch::Tensor>& at_roots,
                                      const std::vector<torch::Tensor>& inputs, bool keep_graph = false);
  // Outside the workers: hands over the gradients of the parameters that the backward passes since the last
  // call have reached, each of which is reached once a step.
  void Collect();
  void Finish();  // .grad of every parameter is the sum, over workers and in the mean over ranks

 private:
  Workers& workers_;
  GradientSum& sum_;
  std::vector<std::vector<torch::Tensor>> gradients_;  // of each worker, by parameter
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_WORKER_GRADIENTS_H_
