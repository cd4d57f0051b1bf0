// Distances of latents to their nearest neighbours in a queue, exactly, in memory O(queries * ranks).
// The runtime's search (codec/runtime/nearest.h) shares no code with it: that one finds the number of the one
// nearest code in a table that never changes; this one finds distances at several ranks in sets that change
// at every step.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_H_

#include <memory>
#include <torch/types.h>
#include <vector>

#include "codec/train/bottlenecks/nearest_kernels.h"

namespace quaver {

// Sets of points that are searched often and change little by little. On the CPU each is a k-d tree
// (nearest_kernels.h), elsewhere all distances are looked at: by a kernel of our own if it was built
// (QUAVER_CUDA) and serves for the ranks, or else tile by tile with LibTorch.
class NearestSets {
 public:
  // points [sets, count, dims], fp32, finite, at most kMaxNearestDims dims. They are remembered, not copied,
  // where there is no tree.
  void Assign(const torch::Tensor& points);
  // The points of `set` from `slot` on are now these [few, dims]; already so in the tensor above.
  void Replace(int64_t set, int64_t slot, const torch::Tensor& points);

  // Euclidean distances of queries [queries, dims] to the ranks[i]-th nearest points (from 1 on, ascending)
  // of the set [queries] (int64) of each -> [queries, ranks]. Infinite where there are fewer points. Threads
  // share the queries. No gradient.
  torch::Tensor Search(const torch::Tensor& queries, const torch::Tensor& set,
                       const std::vector<int>& ranks) const;

 private:
  torch::Tensor SearchTrees(const torch::Tensor& queries, const torch::Tensor& set,
                            const std::vector<int>& ranks) const;

  torch::Tensor points_;
  std::vector<std::unique_ptr<internal::NearestIndex>> trees_;
};

// The same for one set that is searched once: points [count, dims], queries [queries, dims].
torch::Tensor NearestDistances(const torch::Tensor& queries, const torch::Tensor& points,
                               const std::vector<int>& ranks);

// With torch::cdist and topk, tile by tile, on any device: what the above is compared with.
torch::Tensor ComposedNearestDistances(const torch::Tensor& queries, const torch::Tensor& points,
                                       const std::vector<int>& ranks);

// The nearest of codes [codes, dims] to each of points [.., dims] -> [..] int64; of equally near ones the
// first. argmin |c|^2 / 2 - z c in fp32.
torch::Tensor NearestCodes(const torch::Tensor& points, const torch::Tensor& codes);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_H_
