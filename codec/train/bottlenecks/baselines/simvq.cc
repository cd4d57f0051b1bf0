#include "codec/train/bottlenecks/baselines/simvq.h"

#include <torch/nn/module.h>

#include <cmath>

#include "codec/train/bottlenecks/codes.h"

namespace quaver {

using torch::Tensor;

SimVq::SimVq(const BottleneckConfig& config, const VqOptions& options) : config_(config), options_(options) {
  const double scale = 1 / std::sqrt(static_cast<double>(config.dims()));
  frozen_ = register_buffer("frozen", torch::randn({config.groups, config.codes(), config.dims()}) * scale);
  matrix_ = register_parameter(
      "matrix", torch::empty({config.groups * config.dims(), config.dims()}).uniform_(-scale, scale));
}

Tensor SimVq::Codebooks() const {
  const Tensor matrices = matrix_.unflatten(0, {config_.groups, config_.dims()});
  return torch::bmm(frozen_, matrices.transpose(1, 2));
}

BottleneckOutput SimVq::Quantize(const Tensor& latents) const { return ToNearest(latents, Codebooks()); }

BottleneckOutput SimVq::Forward(const BottleneckInput& input) {
  const Tensor codebooks = Codebooks();
  BottleneckOutput out = ToNearest(input.latents, codebooks);
  const Tensor counted = Counted(input, config_.groups);
  const Tensor codes = TokensToCodes(out.token, codebooks);
  const Tensor& x = input.latents;
  out.loss = CountedError(x.detach(), codes, counted, input.group) +
             options_.commitment * CountedError(x, codes.detach(), counted, input.group);
  return out;
}

}  // namespace quaver
