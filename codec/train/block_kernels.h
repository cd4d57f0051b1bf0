// The parts of a residual block (kBlock of codec/model/layers.h) between its matrix products, for one item of
// a batch: every pass over memory does all that can be done in it. Vectors of the widest instruction set at
// hand. Arrays are row-major [steps, channels]; T is float, or uint16_t for the bits of bfloat16 (rounded to
// nearest even). What is not finite stays so.
#ifndef QUAVER_CODEC_TRAIN_BLOCK_KERNELS_H_
#define QUAVER_CODEC_TRAIN_BLOCK_KERNELS_H_

#include <cstdint>

namespace quaver::internal {

struct BlockShape {
  int64_t steps = 0;
  int64_t channels = 0;
  int64_t hidden = 0;
  int64_t kernel = 0;  // of the depthwise convolution, steps
};

// Pointers to the fp32 parameters in front of the first product.
struct BlockFront {
  const float* conv_weight;  // [kernel, channels], oldest step first
  const float* conv_bias;    // [channels]
  const float* norm_weight;
  const float* norm_bias;
};

// Sums over the steps, to which the backward passes add; of the shapes of the parameters.
struct BlockFrontSums {
  float* conv_weight;
  float* conv_bias;
  float* norm_weight;
  float* norm_bias;
};

// Rows of scratch space, [channels] each, that the passes below want.
constexpr int64_t kNormScratchRows = 1;
inline int64_t NormBackwardScratchRows(const BlockShape& shape) { return shape.steps + shape.kernel; }

// normal = LayerNorm(DepthwiseConv(x)); stats [steps, 2]: mean and 1 / deviation of each step.
template <typename T>
void ConvNorm(const BlockShape& shape, const BlockFront& front, const float* x, float* scratch, T* normal,
              float* stats);

// activation = Gelu(x + bias) in its tanh form; x, activation [steps, hidden], bias [hidden].
template <typename T>
void Gelu(const BlockShape& shape, const T* x, const float* bias, T* activation);

// y = x + scale * (h + bias)
template <typename T>
void AddScaled(const BlockShape& shape, const float* x, const T* h, const float* bias, const float* scale,
               float* y);

// From gy, the gradient of y above: gh = gy * scale; sums of gy * (h + bias) (of scale) and of gh (of bias).
template <typename T>
void AddScaledBackward(const BlockShape& shape, const float* gy, const T* h, const float* bias,
                       const float* scale, T* gh, float* scale_sum, float* bias_sum);

// activation = Gelu(x + bias); g [steps, hidden], the gradient of the activation, becomes that of x, and its
// sums are those of the bias.
template <typename T>
void GeluBackward(const BlockShape& shape, const T* x, const float* bias, T* g, T* activation,
                  float* bias_sum);

// From the gradients of ConvNorm's output and of what goes around it (gy): gx = gy + the gradient through
// both.
template <typename T>
void ConvNormBackward(const BlockShape& shape, const BlockFront& front, const float* x, const float* stats,
                      const T* gnormal, const float* gy, float* scratch, float* gx,
                      const BlockFrontSums& sums);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_TRAIN_BLOCK_KERNELS_H_
