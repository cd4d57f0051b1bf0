// Time, and what many measurements of it come to.
#ifndef QUAVER_BENCH_TIMING_H_
#define QUAVER_BENCH_TIMING_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace quaver::bench {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

template <typename Function>
double TimeOf(const Function& function) {
  const Stopwatch watch;
  function();
  return watch.seconds();
}

// The value below which `fraction` of `sorted` (ascending, not empty) lie.
inline double Quantile(const std::vector<double>& sorted, double fraction) {
  const auto count = static_cast<double>(sorted.size());
  const auto rank = static_cast<size_t>(fraction * count);
  return sorted[std::min(rank, sorted.size() - 1)];
}

struct Spread {
  double low = 0;  // quartiles
  double median = 0;
  double high = 0;
};

inline Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {Quantile(values, 0.25), Quantile(values, 0.5), Quantile(values, 0.75)};
}

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_TIMING_H_
