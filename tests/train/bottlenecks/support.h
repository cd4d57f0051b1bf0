// What the tests of the bottlenecks share.
#ifndef QUAVER_TESTS_TRAIN_BOTTLENECKS_SUPPORT_H_
#define QUAVER_TESTS_TRAIN_BOTTLENECKS_SUPPORT_H_

#include <torch/serialize/archive.h>
#include <torch/types.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/options.h"

namespace quaver {

inline BottleneckConfig Scalars(const std::string& type, std::vector<int> levels, int groups = 1) {
  BottleneckConfig config;
  config.type = type;
  config.groups = groups;
  config.levels = std::move(levels);
  return config;
}

inline BottleneckConfig Vectors(const std::string& type, int dims, int codes, int groups = 1) {
  BottleneckConfig config;
  config.type = type;
  config.groups = groups;
  config.vector_dims = dims;
  config.codebook_size = codes;
  return config;
}

inline torch::Tensor Normal(at::IntArrayRef sizes, uint64_t seed) {
  return torch::randn(sizes, at::detail::createCPUGenerator(seed), torch::kFloat);
}

// Latents [batch, frames, groups * dims]; all groups are kept unless `kept` says otherwise.
inline BottleneckOutput Forward(Bottleneck& bottleneck, const torch::Tensor& latents, uint64_t seed = 1,
                                const torch::Tensor& kept = torch::ones({1})) {
  const BatchRandom random(at::detail::createCPUGenerator(seed));
  return bottleneck.Forward({latents, kept, torch::ones({1}), random});
}

inline BottleneckOutput Step(Bottleneck& bottleneck, const torch::Tensor& latents, uint64_t seed = 1,
                             const torch::Tensor& kept = torch::ones({1})) {
  BottleneckOutput out = Forward(bottleneck, latents, seed, kept);
  bottleneck.EndStep(nullptr);
  return out;
}

// exp(H) / K of tokens.
inline double NormalisedPerplexity(const torch::Tensor& token, int codes) {
  const auto counts = torch::bincount(token.flatten(), {}, codes).to(torch::kDouble);
  const auto p = counts / counts.sum();
  return std::exp(-(p * p.clamp_min(1e-300).log()).sum().item<double>()) / codes;
}

// As a checkpoint does.
inline void Copy(Bottleneck& from, Bottleneck& to) {
  std::stringstream stream;
  torch::serialize::OutputArchive out;
  from.save(out);
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  to.load(in);
}

// Parameters and buffers.
inline bool SameState(Bottleneck& a, Bottleneck& b) {
  const auto same = [](const auto& x, const auto& y) {
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i < x.size(); ++i) {
      if (!torch::equal(x[i], y[i])) return false;
    }
    return true;
  };
  return same(a.parameters(), b.parameters()) && same(a.buffers(), b.buffers());
}

inline std::vector<torch::Tensor> StateOf(Bottleneck& bottleneck) {
  std::vector<torch::Tensor> state;
  for (const auto& tensor : bottleneck.parameters()) state.push_back(tensor.detach().clone());
  for (const auto& tensor : bottleneck.buffers()) state.push_back(tensor.clone());
  return state;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_TRAIN_BOTTLENECKS_SUPPORT_H_
