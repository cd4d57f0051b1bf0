// Keeps the gradients of loss terms in proportion (EnCodec's loss balancer, arXiv 2210.13438, section 3.4): a
// term's weight is the size of its gradient at the decoded samples relative to the first term's, whatever the
// scale of the loss itself. Here the first term, the reconstruction, keeps its own scale.
#ifndef QUAVER_CODEC_TRAIN_BALANCER_H_
#define QUAVER_CODEC_TRAIN_BALANCER_H_

#include <functional>
#include <string>
#include <torch/serialize/archive.h>
#include <torch/types.h>
#include <vector>

namespace quaver {

class Balancer {
 public:
  explicit Balancer(double decay) : decay_(decay) {}

  struct Term {
    std::string name;
    torch::Tensor gradient;  // at the decoded samples [batch, samples]
    double weight = 1;       // ignored for the first term
  };
  // The sum of the gradients, each term's scaled by weight * average norm of the first / average norm of its
  // own. Norms are means over the samples, averaged over steps; `mean_over_ranks`, if there is one, makes of
  // this rank's norms [terms] those of the whole batch.
  torch::Tensor Combine(const std::vector<Term>& terms,
                        const std::function<torch::Tensor(const torch::Tensor&)>& mean_over_ranks = {});
  // What a term of this weight would be scaled by if nothing was measured now: weight * average norm of the
  // first / average norm of its own; 0 before Combine() has seen both. With it the gradients of several terms
  // can be had from one backward pass of their weighted sum.
  double Scale(const std::string& name, double weight) const;

  void Save(torch::serialize::OutputArchive& archive) const;
  void Load(torch::serialize::InputArchive& archive);

 private:
  struct Average {
    std::string name;
    double sum = 0;    // of norms, each step's share falling by `decay`
    double count = 0;  // of steps, the same way
  };
  double Follow(const std::string& name, double norm);

  double decay_;
  std::vector<Average> averages_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BALANCER_H_
