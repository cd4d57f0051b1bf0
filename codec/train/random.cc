#include "codec/train/random.h"

namespace quaver {
namespace {

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t SampleSeed(uint64_t seed, int64_t sample, Draw what) {
  return Mix(Mix(Mix(seed) ^ static_cast<uint64_t>(sample)) ^ static_cast<uint64_t>(what));
}

std::mt19937_64 SampleRandom(uint64_t seed, int64_t sample, Draw what) {
  return std::mt19937_64(SampleSeed(seed, sample, what));
}

BatchRandom::BatchRandom(uint64_t seed, int64_t first_sample, int count) {
  for (int i = 0; i < count; ++i)
    generators_.push_back(at::detail::createCPUGenerator(SampleSeed(seed, first_sample + i, Draw::kNoise)));
}

torch::Tensor BatchRandom::Uniform(at::IntArrayRef sizes, const torch::TensorOptions& options) const {
  const auto on_cpu = options.device(torch::kCPU);
  if (generators_.size() == 1) return torch::rand(sizes, generators_[0], on_cpu).to(options.device());
  TORCH_CHECK(sizes[0] == static_cast<int64_t>(generators_.size()), "one stream of noise for each sample");
  std::vector<torch::Tensor> rows;
  for (const at::Generator& generator : generators_)
    rows.push_back(torch::rand(sizes.slice(1), generator, on_cpu));
  return torch::stack(rows).to(options.device());
}

}  // namespace quaver
