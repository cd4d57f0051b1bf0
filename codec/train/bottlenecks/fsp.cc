#include "codec/train/bottlenecks/fsp.h"

#include <cmath>
#include <numbers>

#include "codec/quantize/fsp.h"
#include "codec/train/bottlenecks/levels.h"
#include "codec/train/bottlenecks/moments.h"

namespace quaver {

using torch::Tensor;

Fsp::Fsp(const BottleneckConfig& config, const FspOptions& options) : config_(config), options_(options) {}

Tensor Fsp::Levels(const Tensor& like) const {
  return PerLatent(config_, like, [](int levels) { return levels; });
}

Tensor Fsp::Squash(const Tensor& a) const {
  if (config_.cdf == "tanh") return (torch::tanh(a) + 1) / 2;
  if (config_.cdf == "sigmoid") return torch::sigmoid(a);
  if (config_.cdf == "normal") return (1 + torch::erf(a * std::numbers::sqrt2 / 2)) / 2;
  if (config_.cdf == "laplace") return 0.5 * (1 + torch::sgn(a) * (1 - torch::exp(-a.abs())));
  return torch::atan(a) * std::numbers::inv_pi + 0.5;  // cauchy
}

double Fsp::variance_target() const {
  constexpr double kPi2 = std::numbers::pi * std::numbers::pi;
  if (config_.cdf == "tanh") return kPi2 / 12;
  if (config_.cdf == "sigmoid") return kPi2 / 3;
  if (config_.cdf == "normal") return 1;
  if (config_.cdf == "laplace") return 2;
  return 0;
}

Tensor Fsp::NormLoss(const Tensor& latents, Group* group) const {
  if (variance_target() == 0) return torch::zeros({}, latents.options());
  return MomentLoss(latents, variance_target(), options_.moments, group);
}

Tensor Fsp::Cells(const Tensor& squashed) const {
  const Tensor levels = Levels(squashed);
  return torch::minimum((squashed * levels).floor().clamp_min(0), levels - 1);
}

Tensor Fsp::Centroids(const Tensor& squashed) const { return (Cells(squashed) + 0.5) / Levels(squashed); }

Tensor Fsp::Tokens(const Tensor& squashed) const { return LevelsToTokens(config_, Cells(squashed)); }

Tensor Fsp::TokensToOutput(const Tensor& token) const {
  const Tensor level = TokensToLevels(config_, token).to(torch::kFloat);
  return kSqrt12 * ((level + 0.5) / Levels(level) - 0.5);
}

// One Metropolis step under a flat target: proposals that leave (0, 1) are rejected, not clamped, which keeps
// the uniform law of z as it is.
Tensor Fsp::Perturb(const Tensor& z, const BatchRandom& random, Tensor& accepted) const {
  const Tensor noise = (random.Uniform(z.sizes(), z.options()) - 0.5) / Levels(z);
  const Tensor proposal = z.detach() + noise;
  accepted = (proposal > 0) & (proposal < 1);
  if (options_.joint) {
    const Tensor token = accepted.unflatten(-1, {config_.groups, config_.dims()}).all(-1, /*keepdim=*/true);
    accepted = token.expand_as(accepted.unflatten(-1, {config_.groups, config_.dims()})).flatten(-2);
  }
  return torch::where(accepted, z + noise, z);
}

BottleneckOutput Fsp::Quantized(const Tensor& z) const {
  BottleneckOutput out;
  out.token = Tokens(z.detach());
  out.y = kSqrt12 * (z + (Centroids(z) - z).detach() - 0.5);
  return out;
}

BottleneckOutput Fsp::Quantize(const Tensor& latents) const { return Quantized(Squash(latents)); }

BottleneckOutput Fsp::Forward(const BottleneckInput& input) {
  const Tensor z = Squash(input.latents);
  BottleneckOutput out = Quantized(z);
  out.loss = NormLoss(input.latents, input.group);
  if (options_.quantize_rate >= 1) return out;
  Tensor accepted;
  const Tensor perturbed = kSqrt12 * (Perturb(z, input.random, accepted) - 0.5);
  const Tensor perturb = input.random.Uniform(z.sizes(), z.options()) >= options_.quantize_rate;
  out.y = torch::where(perturb, perturbed, out.y);
  out.watch = {{"accept", accepted.to(z.scalar_type()).mean()}};
  return out;
}

}  // namespace quaver
