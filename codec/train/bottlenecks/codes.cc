#include "codec/train/bottlenecks/codes.h"

#include <algorithm>
#include <vector>

#include "codec/train/distributed/group.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr int64_t kTileValues = int64_t{1} << 20;  // distances at a time

}  // namespace

// |x - c|^2 less |x|^2, which is the same for all codes.
Tensor NearestCode(const Tensor& points, const Tensor& codes) {
  torch::NoGradGuard no_grad;
  const Tensor x = points.to(torch::kFloat);
  const Tensor c = codes.to(torch::kFloat);
  const Tensor squares = c.square().sum(1);
  const Tensor transposed = c.t();
  const int64_t rows = std::max<int64_t>(1, kTileValues / codes.size(0));
  Tensor nearest = torch::empty({x.size(0)}, x.options().dtype(torch::kInt64));
  for (int64_t at = 0; at < x.size(0); at += rows) {
    const int64_t count = std::min(rows, x.size(0) - at);
    const Tensor distances = torch::addmm(squares, x.narrow(0, at, count), transposed, 1, -2);
    nearest.narrow(0, at, count).copy_(distances.argmin(1));
  }
  return nearest;
}

Tensor NearestTokens(const Tensor& latents, const Tensor& codebooks) {
  const Tensor grouped = latents.detach().unflatten(-1, {codebooks.size(0), codebooks.size(2)});
  std::vector<Tensor> tokens;
  for (int64_t group = 0; group < codebooks.size(0); ++group) {
    const Tensor points = grouped.select(-2, group);
    const auto shape = points.sizes().slice(0, static_cast<size_t>(points.dim() - 1));
    tokens.push_back(
        NearestCode(points.reshape({-1, codebooks.size(2)}), codebooks[group].detach()).reshape(shape));
  }
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
