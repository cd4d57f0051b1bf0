#include "codec/train/schedule.h"

#include <algorithm>
#include <cmath>

namespace quaver {

double ProgressOf(const TrainingState& state) {
  const TrainingOptions& options = state.config.training;
  if (options.minutes > 0) return std::min(1.0, state.seconds / (60 * options.minutes));
  return std::min(1.0, static_cast<double>(state.step) / static_cast<double>(options.steps));
}

double LearningRateFactor(const TrainingOptions& options, int64_t step, double progress) {
  double factor = 1;
  if (options.warmup_steps > 0) factor = std::min(1.0, static_cast<double>(step + 1) / options.warmup_steps);
  if (progress > options.decay_start && options.decay_start < 1) {
    const double decayed = 1 - std::sqrt((progress - options.decay_start) / (1 - options.decay_start));
    factor *= options.final_rate + (1 - options.final_rate) * decayed;
  }
  return factor;
}

}  // namespace quaver
