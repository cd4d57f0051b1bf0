#include "codec/train/workers.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

namespace quaver {

// Threads that stay: what LibTorch caches for each is made once.
class Workers::Threads {
 public:
  Threads(int workers, int threads_per_worker) : problems_(static_cast<size_t>(workers)) {
    const int before = at::get_num_threads();
    for (int worker = 0; worker < workers; ++worker)
      threads_.emplace_back([this, worker, threads_per_worker] { Work(worker, threads_per_worker); });
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return ready_ == workers; });
    at::set_num_threads(before);  // new threads of LibTorch begin with the number that was set last
  }

  ~Threads() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    begin_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Run(const std::function<void(int)>& run) {
    std::unique_lock lock(mutex_);
    run_ = &run;
    running_ = static_cast<int>(threads_.size());
    ++round_;
    begin_.notify_all();
    done_.wait(lock, [&] { return running_ == 0; });
    for (std::exception_ptr& problem : problems_) {
      if (problem) std::rethrow_exception(std::exchange(problem, nullptr));
    }
  }

 private:
  void Work(int worker, int threads) {
    at::set_num_threads(threads);
    std::unique_lock lock(mutex_);
    ++ready_;
    done_.notify_all();
    for (int64_t seen = 0;;) {
      begin_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
      lock.unlock();
      std::exception_ptr problem;
      try {
        (*run_)(worker);
      } catch (...) {
        problem = std::current_exception();
      }
      lock.lock();
      problems_[static_cast<size_t>(worker)] = problem;
      if (--running_ == 0) done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable begin_, done_;
  const std::function<void(int)>* run_ = nullptr;
  std::vector<std::exception_ptr> problems_;
  int64_t round_ = 0;
  int ready_ = 0;
  int running_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

Workers::Workers(int threads, int samples) : count_(std::max(1, std::min(threads, samples))) {
  if (count_ > 1) threads_ = std::make_unique<Threads>(count_, threads / count_);
}

Workers::~Workers() = default;

void Workers::Run(const std::function<void(int)>& run) {
  if (threads_) return threads_->Run(run);
  run(0);
}

void Workers::RunOn(const std::vector<std::vector<torch::Tensor>>& lists,
                    const std::function<void(const std::vector<std::vector<torch::Tensor>>& own)>& run) {
  if (count_ == 1) return run(lists);
  std::vector<size_t> order(lists[0].size());  // the largest first, each to the worker with the least
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lists[0][a].numel() > lists[0][b].numel(); });
  std::vector<std::vector<std::vector<torch::Tensor>>> shares(
      static_cast<size_t>(count_), std::vector<std::vector<torch::Tensor>>(lists.size()));
  std::vector<int64_t> values(static_cast<size_t>(count_));
  for (const size_t i : order) {
    const auto worker = static_cast<size_t>(std::min_element(values.begin(), values.end()) - values.begin());
    values[worker] += lists[0][i].numel();
    for (size_t list = 0; list < lists.size(); ++list) shares[worker][list].push_back(lists[list][i]);
  }
  Run([&](int worker) {
    const auto& own = shares[static_cast<size_t>(worker)];
    if (!own[0].empty()) run(own);
  });
}

std::vector<torch::Tensor> Workers::Split(const torch::Tensor& batch) const {
  return count_ == 1 ? std::vector<torch::Tensor>{batch} : batch.tensor_split(count_);
}

}  // namespace quaver
