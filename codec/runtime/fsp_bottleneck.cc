#include "codec/runtime/fsp_bottleneck.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "codec/quantize/fsp.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {

FspBottleneck::FspBottleneck(const BottleneckConfig& config)
    : Bottleneck(config), cdf_(ParseCdf(config.cdf)), dims_(config.dims()) {
  std::copy(config.levels.begin(), config.levels.end(), levels_.begin());
  for (const int levels : config.levels) {
    for (int level = 0; level < levels; ++level) values_.push_back(FspValue(level, levels));
  }
}

FspBottleneck::Cdf FspBottleneck::ParseCdf(const std::string& name) {
  if (name == "sigmoid") return Cdf::kSigmoid;
  if (name == "normal") return Cdf::kNormal;
  if (name == "laplace") return Cdf::kLaplace;
  if (name == "cauchy") return Cdf::kCauchy;
  return Cdf::kTanh;
}

void FspBottleneck::Squash(float* latents, int count) const {
  const auto each = [&](auto function) { std::transform(latents, latents + count, latents, function); };
  switch (cdf_) {
    case Cdf::kTanh:
      return SquashTanh(latents, count, latents);
    case Cdf::kSigmoid:
      return each([](float a) { return 1.0f / (1.0f + std::exp(-a)); });
    case Cdf::kNormal:
      return each([](float a) { return 0.5f * (1.0f + std::erf(a * std::numbers::sqrt2_v<float> / 2)); });
    case Cdf::kLaplace:
      return each([](float a) { return 0.5f * (1.0f + std::copysign(1.0f - std::exp(-std::fabs(a)), a)); });
    case Cdf::kCauchy:
      return each([](float a) { return std::atan(a) * std::numbers::inv_pi_v<float> + 0.5f; });
  }
}

uint16_t FspBottleneck::TokenOf(const float* squashed) const {
  std::array<int, kMaxDims> level;
  for (int i = 0; i < dims_; ++i) level[i] = FspLevel(squashed[i], levels_[i]);
  const auto size = static_cast<size_t>(dims_);
  return static_cast<uint16_t>(FspToken({level.data(), size}, {levels_.data(), size}));
}

void FspBottleneck::Quantise(float* latents, int frames, int n_q, uint16_t* tokens) const {
  for (int t = 0; t < frames; ++t, latents += stride()) {
    Squash(latents, stride());
    for (int group = 0; group < n_q; ++group) *tokens++ = TokenOf(latents + group * dims_);
  }
}

void FspBottleneck::Dequantise(const uint16_t* tokens, int frames, int n_q, float* latents) const {
  for (int t = 0; t < frames; ++t, latents += stride()) {
    float* out = latents;
    for (int group = 0; group < n_q; ++group) {
      int rest = *tokens++;
      const float* values = values_.data();
      for (int i = 0; i < dims_; ++i) {
        *out++ = values[rest % levels_[i]];
        rest /= levels_[i];
        values += levels_[i];
      }
    }
    std::fill(out, latents + stride(), 0.0f);
  }
}

}  // namespace quaver::internal
