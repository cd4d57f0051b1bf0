// Gradients averaged over the ranks of a group while the backward pass still runs.
#ifndef QUAVER_CODEC_TRAIN_DISTRIBUTED_GRADIENT_SUM_H_
#define QUAVER_CODEC_TRAIN_DISTRIBUTED_GRADIENT_SUM_H_

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/train/distributed/group.h"

namespace quaver {

// Gradients gather in buckets, in reverse order of the parameters, which is about the order in which the
// backward pass reaches them; a full bucket is all-reduced at once (Li et al., PyTorch Distributed,
// arXiv 2006.15704). In a group of one nothing happens.
//
//   sum.Begin();
//   loss.backward();  // once
//   sum.Finish();     // .grad of every parameter is the mean over the ranks
class GradientSum {
 public:
  static constexpr int64_t kBucketBytes = int64_t{4} << 20;

  // `group` must outlive this. All ranks list the same parameters.
  GradientSum(Group& group, std::vector<torch::Tensor> parameters, int64_t bucket_bytes = kBucketBytes);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // Gradients from before are dropped.
  void Begin();
  // The gradient of a parameter that was computed elsewhere, instead of by a backward pass into .grad.
  void Give(size_t parameter, const torch::Tensor& gradient);
  // A parameter that had a gradient on some ranks only counts as zero on the others; one that had none
  // anywhere stays without. Throws GroupFailure.
  void Finish();

  int64_t bytes_per_step() const;  // given into all-reduce by each rank, 0 in a group of one
  size_t buckets() const;
  const std::vector<torch::Tensor>& parameters() const { return parameters_; }

 private:
  struct Buckets;
  std::unique_ptr<Buckets> buckets_;  // none in a group of one
  std::vector<torch::Tensor> parameters_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISTRIBUTED_GRADIENT_SUM_H_
