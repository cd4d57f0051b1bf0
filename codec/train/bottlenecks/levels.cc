#include "codec/train/bottlenecks/levels.h"

#include <cstdint>
#include <vector>

namespace quaver {

using torch::Tensor;

Tensor PerLatent(const BottleneckConfig& config, const Tensor& like,
                 const std::function<double(int levels)>& of) {
  std::vector<double> values;
  for (int group = 0; group < config.groups; ++group) {
    for (const int levels : config.levels) values.push_back(of(levels));
  }
  return torch::tensor(values, torch::kDouble).to(like.device(), like.scalar_type());
}

Tensor LevelsToTokens(const BottleneckConfig& config, const Tensor& level) {
  std::vector<int64_t> basis;
  int64_t weight = 1;
  for (const int count : config.levels) {
    basis.push_back(weight);
    weight *= count;
  }
  const Tensor grouped = level.to(torch::kInt64).unflatten(-1, {config.groups, config.dims()});
  return (grouped * torch::tensor(basis, grouped.options())).sum(-1);
}

Tensor TokensToLevels(const BottleneckConfig& config, const Tensor& token) {
  Tensor rest = token;
  std::vector<Tensor> dims;
  for (const int count : config.levels) {
    dims.push_back(rest.remainder(count));
    rest = rest.div(count, "floor");
  }
  return torch::stack(dims, -1).flatten(-2);
}

}  // namespace quaver
