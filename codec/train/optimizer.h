// AdamW (Loshchilov and Hutter, arXiv 1711.05101) in one pass over parameters, gradients and moments, and the
// exponential average of weights. The moments are tensors of this class, saved with the training.
#ifndef QUAVER_CODEC_TRAIN_OPTIMIZER_H_
#define QUAVER_CODEC_TRAIN_OPTIMIZER_H_

#include <torch/serialize/archive.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "codec/train/workers.h"

namespace quaver {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  // of the matrices: it would pull scales, norms and biases to zero for no good
};

class AdamW {
 public:
  // The parameters (fp32, all on one device) are shared, not copied.
  AdamW(std::vector<torch::Tensor> matrices, std::vector<torch::Tensor> vectors, const AdamWOptions& options);

  // Workers share out the tensors; without them the calling thread does it all.
  // Euclidean norm of all gradients.
  double GradientNorm(Workers* workers = nullptr) const;
  // One step with the gradients times `gradient_scale`; a parameter without a gradient stays as it is.
  void Step(double learning_rate, double gradient_scale = 1, Workers* workers = nullptr);
  void ZeroGrad();

  int64_t steps() const { return steps_; }

  void Save(torch::serialize::OutputArchive& archive) const;
  // Throws c10::Error if the archive belongs to other parameters.
  void Load(torch::serialize::InputArchive& archive);

 private:
  struct Group {
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> first;  // moments, of the shape of each parameter
    std::vector<torch::Tensor> second;
    double weight_decay;
  };

  static Group MakeGroup(std::vector<torch::Tensor> parameters, double weight_decay);
  std::vector<torch::Tensor> Gradients() const;

  AdamWOptions options_;
  std::vector<Group> groups_;
  int64_t steps_ = 0;
};

// Gradients times this have at most the norm `limit`.
double ClipScale(double norm, double limit);

// average += rate * (weights - average), tensor by tensor.
void Follow(const std::vector<torch::Tensor>& average, const std::vector<torch::Tensor>& weights, double rate,
            Workers* workers = nullptr);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_OPTIMIZER_H_
