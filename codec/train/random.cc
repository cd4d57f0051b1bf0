#include "codec/train/random.h"

namespace quaver {
namespace {

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

constexpr int64_t Signed(uint64_t x) { return static_cast<int64_t>(x); }

// LibTorch shifts the sign in from the left.
torch::Tensor ShiftedRight(const torch::Tensor& x, int64_t bits) {
  return x.bitwise_right_shift(bits).bitwise_and(Signed(~uint64_t{0} >> bits));
}

}  // namespace

uint64_t SampleSeed(uint64_t seed, int64_t sample, Draw what) {
  return Mix(Mix(Mix(seed) ^ static_cast<uint64_t>(sample)) ^ static_cast<uint64_t>(what));
}

std::mt19937_64 SampleRandom(uint64_t seed, int64_t sample, Draw what) {
  return std::mt19937_64(SampleSeed(seed, sample, what));
}

torch::Tensor CountedUniform(const torch::Tensor& seeds, int64_t from, int64_t count) {
  const torch::Tensor counter = torch::arange(from + 1, from + 1 + count, seeds.options());
  torch::Tensor x = seeds.unsqueeze(1) + counter * Signed(0x9e3779b97f4a7c15u);
  x = x.bitwise_xor(ShiftedRight(x, 30)) * Signed(0xbf58476d1ce4e5b9u);
  x = x.bitwise_xor(ShiftedRight(x, 27)) * Signed(0x94d049bb133111ebu);
  x = x.bitwise_xor(ShiftedRight(x, 31));
  return ShiftedRight(x, 40).to(torch::kFloat) * 0x1p-24;
}

BatchRandom::BatchRandom(uint64_t seed, int64_t first_sample, int count) {
  std::vector<int64_t> seeds;
  for (int i = 0; i < count; ++i) {
    const uint64_t own = SampleSeed(seed, first_sample + i, Draw::kNoise);
    generators_.push_back(at::detail::createCPUGenerator(own));
    seeds.push_back(Signed(own));
  }
  seeds_ = torch::tensor(seeds, torch::kInt64);
}

torch::Tensor BatchRandom::Uniform(at::IntArrayRef sizes, const torch::TensorOptions& options) const {
  if (seeds_.defined() && !options.device().is_cpu()) return UniformOnDevice(sizes, options);
  const auto on_cpu = options.device(torch::kCPU);
  if (generators_.size() == 1) return torch::rand(sizes, generators_[0], on_cpu).to(options.device());
  TORCH_CHECK(sizes[0] == static_cast<int64_t>(generators_.size()), "one stream of noise for each sample");
  std::vector<torch::Tensor> rows;
  for (const at::Generator& generator : generators_)
    rows.push_back(torch::rand(sizes.slice(1), generator, on_cpu));
  return torch::stack(rows).to(options.device());
}

torch::Tensor BatchRandom::UniformOnDevice(at::IntArrayRef sizes,
                                           const torch::TensorOptions& options) const {
  TORCH_CHECK(sizes[0] == seeds_.size(0), "one stream of noise for each sample");
  const int64_t count = c10::multiply_integers(sizes.slice(1));
  const torch::Tensor numbers = CountedUniform(seeds_.to(options.device()), drawn_, count);
  drawn_ += count;
  return numbers.view(sizes).to(options.dtype());
}

}  // namespace quaver
