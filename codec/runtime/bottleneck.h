// Latents <-> tokens at run time.
#ifndef QUAVER_CODEC_RUNTIME_BOTTLENECK_H_
#define QUAVER_CODEC_RUNTIME_BOTTLENECK_H_

#include <cstdint>
#include <memory>
#include <span>

#include "codec/quantize/bottleneck_config.h"

namespace quaver::internal {

// Immutable, so all streams of a model share one. Nothing is allocated after construction.
class Bottleneck {
 public:
  virtual ~Bottleneck() = default;

  int stride() const { return stride_; }  // floats a frame of latents, padded
  int codes() const { return codes_; }

  // Latents as the encoder projects them [frames, stride], overwritten -> the first n_q tokens of each frame.
  // Whatever the latents are, NaN too, the tokens are codes.
  virtual void Quantise(float* latents, int frames, int n_q, uint16_t* tokens) const = 0;
  // Valid tokens [frames, n_q] -> what the decoder sees [frames, stride]; groups not sent are zero.
  virtual void Dequantise(const uint16_t* tokens, int frames, int n_q, float* latents) const = 0;

 protected:
  explicit Bottleneck(const BottleneckConfig& config);

 private:
  int stride_;
  int codes_;
};

// Of type fsp or vp. `codebook` [groups, codes, dims], or [1, codes, dims] for all groups; empty for fsp.
std::unique_ptr<const Bottleneck> MakeBottleneck(const BottleneckConfig& config,
                                                 std::span<const float> codebook);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_BOTTLENECK_H_
