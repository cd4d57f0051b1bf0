#include "codec/train/bottlenecks/baselines/fsq.h"

#include <cmath>

#include "codec/train/bottlenecks/levels.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr double kMargin = 1e-3;  // of the range beyond the outer levels

double HalfRange(int levels) { return (levels - 1) * (1 + kMargin) / 2; }
double Offset(int levels) { return levels % 2 == 0 ? 0.5 : 0; }
double Shift(int levels) { return std::atanh(Offset(levels) / HalfRange(levels)); }

}  // namespace

Fsq::Fsq(const BottleneckConfig& config, const FsqOptions& options)
    : config_(config), options_(options), symmetric_(config.type == "fsq-noise") {}

Tensor Fsq::Bounded(const Tensor& latents) const {
  const auto per_latent = [&](double (*of)(int)) { return PerLatent(config_, latents, of); };
  if (symmetric_) return (torch::tanh(latents) + 1) / 2 * per_latent([](int levels) { return levels - 1.0; });
  return torch::tanh(latents + per_latent(Shift)) * per_latent(HalfRange) +
         per_latent([](int levels) { return levels / 2 - Offset(levels); });
}

Tensor Fsq::Output(const Tensor& bounded) const {
  const Tensor half = PerLatent(config_, bounded, [this](int levels) {
    return symmetric_ ? (levels - 1) / 2.0 : static_cast<double>(levels / 2);
  });
  return kScale * (bounded - half) / half;
}

Tensor Fsq::TokensToOutput(const Tensor& token) const {
  return Output(TokensToLevels(config_, token).to(torch::kFloat));
}

BottleneckOutput Fsq::Quantized(const Tensor& bounded) const {
  const Tensor level = bounded.detach().round();
  BottleneckOutput out;
  out.token = LevelsToTokens(config_, level);
  out.y = Output(bounded + (level - bounded.detach()));
  return out;
}

BottleneckOutput Fsq::Quantize(const Tensor& latents) const { return Quantized(Bounded(latents)); }

BottleneckOutput Fsq::Forward(const BottleneckInput& input) {
  const Tensor bounded = Bounded(input.latents);
  BottleneckOutput out = Quantized(bounded);
  out.loss = torch::zeros({}, bounded.options());
  if (!symmetric_ || options_.noise_rate <= 0) return out;
  // 1 / L of the range, where the step is 1 / (L - 1).
  const Tensor width = PerLatent(config_, bounded, [](int levels) { return (levels - 1.0) / levels; });
  const Tensor noise = (input.random.Uniform(bounded.sizes(), bounded.options()) - 0.5) * width;
  const Tensor moved = input.random.Uniform(bounded.sizes(), bounded.options()) < options_.noise_rate;
  out.y = torch::where(moved, Output(bounded + noise), out.y);
  return out;
}

}  // namespace quaver
