#include "codec/train/bottlenecks/codes.h"

#include <vector>

#include "codec/train/bottlenecks/nearest.h"
#include "codec/train/distributed/group.h"

namespace quaver {
using torch::Tensor;

Tensor NearestTokens(const Tensor& latents, const Tensor& codebooks) {
  const Tensor grouped = latents.detach().unflatten(-1, {codebooks.size(0), codebooks.size(2)});
  const Tensor codes = codebooks.detach().to(torch::kFloat);
  std::vector<Tensor> tokens;
  for (int64_t group = 0; group < codes.size(0); ++group)
    tokens.push_back(NearestCodes(grouped.select(-2, group), codes[group]));
  return torch::stack(tokens, -1);
}

Tensor TokensToCodes(const Tensor& token, const Tensor& codebooks) {
  const int64_t groups = codebooks.size(0);
  const Tensor first = torch::arange(groups, token.options()) * codebooks.size(1);
  const Tensor rows = codebooks.flatten(0, 1).index_select(0, (token + first).flatten());
  std::vector<int64_t> shape(token.sizes().begin(), token.sizes().end());
  shape.back() = groups * codebooks.size(2);
  return rows.reshape(shape);
}

BottleneckOutput ToNearest(const Tensor& latents, const Tensor& codebooks) {
  BottleneckOutput out;
  out.token = NearestTokens(latents, codebooks);
  const Tensor codes = TokensToCodes(out.token, codebooks.detach()).to(latents.scalar_type());
  out.y = latents + (codes - latents.detach());
  return out;
}

Tensor Counted(const BottleneckInput& input, int groups) {
  const Tensor finite = input.latents.detach().isfinite().unflatten(-1, {groups, -1}).all(-1);
  return finite & (input.kept > 0);
}

Tensor CountedError(const Tensor& a, const Tensor& b, const Tensor& counted, Group* group) {
  const Tensor error = (a - b).unflatten(-1, {counted.size(-1), -1}).square().mean(-1);
  const Tensor sum = torch::where(counted, error, torch::zeros_like(error)).sum();
  Tensor count = counted.sum().to(torch::kDouble);
  double ranks = 1;
  if (group != nullptr && !group->alone()) {
    group->Sum(count);
    ranks = group->size();
  }
  return sum * (ranks / count.clamp_min(1)).to(sum.scalar_type());
}

}  // namespace quaver
