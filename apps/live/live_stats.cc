#include "apps/live/live_stats.h"

#include <algorithm>
#include <cmath>

namespace quaver {
namespace {

constexpr float kFall = 0.94F;  // of a meter, a frame

}  // namespace

void TimeHistogram::Add(double seconds) {
  const auto step = static_cast<size_t>(std::max(0.0, seconds) / kStep);
  counts_[std::min(step, counts_.size() - 1)].fetch_add(1, std::memory_order_relaxed);
  longest_.store(std::max(longest(), seconds), std::memory_order_relaxed);
}

double TimeHistogram::Quantile(double share) const {
  uint64_t all = 0;
  for (const auto& count : counts_) all += count.load(std::memory_order_relaxed);
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(all)));
  uint64_t below = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i].load(std::memory_order_relaxed);
    if (below > 0 && below >= wanted) return static_cast<double>(i + 1) * kStep;
  }
  return 0;
}

void LevelMeter::Add(float peak) {
  peak_.store(std::max(peak, peak_.load(std::memory_order_relaxed) * kFall), std::memory_order_relaxed);
}

}  // namespace quaver
