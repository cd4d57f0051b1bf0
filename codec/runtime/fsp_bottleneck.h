// FSP: a token is the levels of its latents (codec/quantize/fsp.h).
#ifndef QUAVER_CODEC_RUNTIME_FSP_BOTTLENECK_H_
#define QUAVER_CODEC_RUNTIME_FSP_BOTTLENECK_H_

#include <array>
#include <string>
#include <vector>

#include "codec/runtime/bottleneck.h"

namespace quaver::internal {

class FspBottleneck final : public Bottleneck {
 public:
  explicit FspBottleneck(const BottleneckConfig& config);

  void Quantise(float* latents, int frames, int n_q, uint16_t* tokens) const override;
  void Dequantise(const uint16_t* tokens, int frames, int n_q, float* latents) const override;

 private:
  static constexpr size_t kMaxDims = 8;
  enum class Cdf { kTanh, kSigmoid, kNormal, kLaplace, kCauchy };
  static Cdf ParseCdf(const std::string& name);
  void Squash(float* latents, int count) const;
  uint16_t TokenOf(const float* squashed) const;

  Cdf cdf_;
  std::array<int, kMaxDims> levels_{};
  int dims_;
  std::vector<float> values_;  // FspValue by dimension, then level
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_FSP_BOTTLENECK_H_
