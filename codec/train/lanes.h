// The samples of a batch shared among threads: each takes its part through a network from end to end. On a
// CPU that is faster than all threads in one operation after the other (docs/research/training.md).
#ifndef QUAVER_CODEC_TRAIN_LANES_H_
#define QUAVER_CODEC_TRAIN_LANES_H_

#include <functional>
#include <memory>
#include <torch/types.h>
#include <vector>

namespace quaver {

class Lanes {
 public:
  // As many lanes as samples and threads allow, each with its share of the threads inside LibTorch's
  // operations. One lane is the calling thread.
  Lanes(int threads, int samples);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  int count() const { return count_; }
  // run(lane) for all lanes at a time; returns when all have ended. What one of them throws is thrown here.
  void Run(const std::function<void(int lane)>& run);
  // run(tensors of the lane) for lists of tensors, the same indices of each: big and small ones are shared
  // out so that all lanes have about as many values.
  void RunOn(const std::vector<std::vector<torch::Tensor>>& lists,
             const std::function<void(const std::vector<std::vector<torch::Tensor>>& own)>& run);
  // [samples, ..] -> the samples of each lane.
  std::vector<torch::Tensor> Split(const torch::Tensor& batch) const;

 private:
  class Threads;
  int count_;
  std::unique_ptr<Threads> threads_;  // none for one lane
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LANES_H_
