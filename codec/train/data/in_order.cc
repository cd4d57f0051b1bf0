#include "codec/train/data/in_order.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace quaver {
namespace {

struct Line {
  std::mutex mutex;
  std::condition_variable changed;
  size_t next = 0;   // to be worked on
  size_t taken = 0;  // so many are over
  bool stop = false;
  std::map<size_t, std::exception_ptr> done;  // not yet taken
};

void Work(Line& line, size_t count, size_t window, const std::function<void(size_t)>& work) {
  for (;;) {
    std::unique_lock lock(line.mutex);
    line.changed.wait(lock,
                      [&] { return line.stop || line.next >= count || line.next < line.taken + window; });
    if (line.stop || line.next >= count) return;
    const size_t i = line.next++;
    lock.unlock();
    std::exception_ptr error;
    try {
      work(i);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    line.done[i] = error;
    line.changed.notify_all();
  }
}

// Threads end before what they work on goes out of scope, whatever is thrown.
class Pool {
 public:
  explicit Pool(Line& line) : line_(line) {}
  ~Pool() {
    {
      const std::lock_guard lock(line_.mutex);
      line_.stop = true;
    }
    line_.changed.notify_all();
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<std::thread> threads;

 private:
  Line& line_;
};

}  // namespace

void InOrder(size_t count, int threads, const std::function<void(size_t)>& work,
             const std::function<bool(size_t)>& take) {
  size_t workers =
      threads > 0 ? static_cast<size_t>(threads) : std::max(1U, std::thread::hardware_concurrency());
  workers = std::min(workers, count);
  Line line;
  Pool pool(line);
  for (size_t i = 0; i < workers; ++i)
    pool.threads.emplace_back([&] { Work(line, count, 4 * workers, work); });
  for (size_t i = 0; i < count; ++i) {
    std::unique_lock lock(line.mutex);
    line.changed.wait(lock, [&] { return line.done.contains(i); });
    const std::exception_ptr error = line.done[i];
    line.done.erase(i);
    lock.unlock();
    if (error != nullptr) std::rethrow_exception(error);
    if (!take(i)) return;
    lock.lock();
    line.taken = i + 1;
    line.changed.notify_all();
  }
}

}  // namespace quaver
