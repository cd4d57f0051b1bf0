// Latents <-> tokens at run time (FSP, codec/quantize/fsp.h).
#ifndef QUAVER_CODEC_RUNTIME_BOTTLENECK_H_
#define QUAVER_CODEC_RUNTIME_BOTTLENECK_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/model/config.h"

namespace quaver::internal {

class Bottleneck {
 public:
  explicit Bottleneck(const BottleneckConfig& config);

  int stride() const { return stride_; }  // floats a frame of latents, padded
  int codes() const { return codes_; }

  // Latents before squashing [frames, stride], overwritten -> the first n_q tokens of each frame.
  void Quantise(float* latents, int frames, int n_q, uint16_t* tokens) const;
  // Valid tokens [frames, n_q] -> what the decoder sees [frames, stride]; groups not sent are zero.
  void Dequantise(const uint16_t* tokens, int frames, int n_q, float* latents) const;

 private:
  static constexpr size_t kMaxDims = 8;
  enum class Cdf { kTanh, kSigmoid, kNormal, kLaplace, kCauchy };
  static Cdf ParseCdf(const std::string& name);
  void Squash(float* latents, int count) const;
  uint16_t TokenOf(const float* squashed) const;

  Cdf cdf_;
  std::array<int, kMaxDims> levels_{};
  int dims_;
  int latents_;
  int stride_;
  int codes_;
  std::vector<float> values_;  // FspValue by dimension, then level
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_BOTTLENECK_H_
