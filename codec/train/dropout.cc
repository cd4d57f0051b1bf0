#include "codec/train/dropout.h"

#include <algorithm>
#include <cmath>

#include "codec/train/data/random.h"
#include "codec/train/random.h"

namespace quaver {
namespace {

int DrawGroups(const DropOptions& options, int groups, std::mt19937_64& random) {
  if (Uniform(random) < options.full_rate) return groups;
  return 1 + static_cast<int>(std::pow(Uniform(random), options.power) * groups);
}

// Two-state chain (Gilbert): bursts of mean length mean_burst, and a share `rate` of frames lost in the long
// run.
void DropFrames(const DropOptions& options, std::vector<int>& n_q, std::mt19937_64& random) {
  const double rate = options.frame_rate * Uniform(random);
  const double leave = 1 / options.mean_burst;
  const double enter = std::min(1.0, rate * leave / std::max(1e-9, 1 - rate));
  bool lost = false;
  for (int& kept : n_q) {
    lost = lost ? Uniform(random) >= leave : Uniform(random) < enter;
    if (lost) kept = 0;
  }
}

}  // namespace

torch::Tensor DrawTokenMask(const DropOptions& options, int frames, int groups, std::mt19937_64& random) {
  std::vector<int> n_q(frames, DrawGroups(options, groups, random));
  if (Uniform(random) < options.change_rate) {
    const int from = static_cast<int>(Uniform(random) * frames);
    std::fill(n_q.begin() + from, n_q.end(), DrawGroups(options, groups, random));
  }
  if (Uniform(random) < options.frame_crops) DropFrames(options, n_q, random);
  auto mask = torch::zeros({frames, groups});
  auto access = mask.accessor<float, 2>();
  for (int t = 0; t < frames; ++t) {
    for (int g = 0; g < n_q[t]; ++g) access[t][g] = 1;
  }
  return mask;
}

torch::Tensor DrawTokenMasks(const DropOptions& options, uint64_t seed, int64_t first_sample, int count,
                             int frames, int groups) {
  std::vector<torch::Tensor> masks;
  for (int i = 0; i < count; ++i) {
    std::mt19937_64 random = SampleRandom(seed, first_sample + i, Draw::kMask);
    masks.push_back(DrawTokenMask(options, frames, groups, random));
  }
  return torch::stack(masks);
}

}  // namespace quaver
