// Work that falls into parts, on threads that each have one of LibTorch's.
#ifndef QUAVER_CODEC_TRAIN_ON_THREADS_H_
#define QUAVER_CODEC_TRAIN_ON_THREADS_H_

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <torch/types.h>
#include <torch/utils.h>
#include <vector>

namespace quaver {

// run(i) for i < count, as many at a time as LibTorch has threads, each with one of LibTorch's.
template <typename F>
void ForEachOnThreads(size_t count, const F& run) {
  const int threads = at::get_num_threads();
  std::atomic<size_t> next{0};
  std::exception_ptr problem;
  std::mutex mutex;
  const auto work = [&] {
    at::set_num_threads(1);
    try {
      for (size_t i = next++; i < count; i = next++) run(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      problem = std::current_exception();
    }
  };
  std::vector<std::thread> pool;
  for (size_t i = 0; i < std::min(count, static_cast<size_t>(threads)); ++i) pool.emplace_back(work);
  for (std::thread& thread : pool) thread.join();
  at::set_num_threads(threads);  // new threads of LibTorch begin with the number that was set last
  if (problem) std::rethrow_exception(problem);
}

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_ON_THREADS_H_
