#include "codec/train/bottlenecks/moments.h"

#include <utility>

#include "codec/train/distributed/group.h"

namespace quaver {
namespace {

using torch::Tensor;

// Variance and mean of each latent; flat [count, latents].
std::pair<Tensor, Tensor> Moments(const Tensor& flat, Group* group) {
  if (group == nullptr || group->alone()) {
    const auto [variance, mean] = torch::var_mean(flat, {0}, /*correction=*/1);
    return {variance, mean};
  }
  const double count = static_cast<double>(flat.size(0)) * group->size();
  const Tensor x = flat.to(torch::kDouble);
  const Tensor sums = group->SumWithGradient(torch::stack({x.sum(0), x.square().sum(0)}));
  const Tensor mean = sums[0] / count;
  const Tensor variance = (sums[1] - count * mean.square()) / (count - 1);
  return {variance.to(flat.scalar_type()), mean.to(flat.scalar_type())};
}

}  // namespace

Tensor MomentLoss(const Tensor& latents, double target, const MomentOptions& options, Group* group) {
  const auto [variance, mean] = Moments(latents.reshape({-1, latents.size(-1)}), group);
  return options.mean_weight * mean.square().mean() +
         options.variance_weight * (variance - target).square().mean();
}

}  // namespace quaver
