// Data parallelism inside a process: the samples of a batch are shared among threads, and each takes its part
// through a network from end to end. On a CPU that is faster than all threads in one operation after the
// other (docs/research/training.md).
#ifndef QUAVER_CODEC_TRAIN_WORKERS_H_
#define QUAVER_CODEC_TRAIN_WORKERS_H_

#include <functional>
#include <memory>
#include <torch/types.h>
#include <vector>

namespace quaver {

class Workers {
 public:
  // As many workers as samples and threads allow, each with its share of the threads inside LibTorch's
  // operations. One worker is the calling thread.
  Workers(int threads, int samples);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return count_; }
  // Calls run(worker) on all workers at a time and returns when all have ended. What one of them throws is
  // thrown here.
  void Run(const std::function<void(int worker)>& run);
  // run(tensors of the worker) for lists of tensors, the same indices of each: big and small ones are shared
  // out so that all workers have about as many values.
  void RunOn(const std::vector<std::vector<torch::Tensor>>& lists,
             const std::function<void(const std::vector<std::vector<torch::Tensor>>& own)>& run);
  // [samples, ..] -> the samples of each worker.
  std::vector<torch::Tensor> Split(const torch::Tensor& batch) const;

 private:
  class Threads;
  int count_;
  std::unique_ptr<Threads> threads_;  // none for one worker
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_WORKERS_H_
