// Passes over the activations of a discriminator. Vectors of the widest instruction set at hand. T is float,
// or uint16_t for the bits of bfloat16 (rounded to nearest even). What is not finite stays so.
#ifndef QUAVER_CODEC_TRAIN_FEATURE_KERNELS_H_
#define QUAVER_CODEC_TRAIN_FEATURE_KERNELS_H_

#include <cstdint>

namespace quaver::internal {

// Leaky ReLU in place: x below 0 becomes slope * x.
template <typename T>
void LeakyRelu(int64_t count, float slope, T* x);

// From the activations y and the gradients by them, of which one may be null: gx = (g + h) * (y > 0 ? 1 :
// slope).
template <typename T>
void LeakyReluBackward(int64_t count, float slope, const T* y, const T* g, const T* h, T* gx);

struct DistanceSums {
  double size = 0;      // of |a|
  double distance = 0;  // of |b - a|
};

template <typename T>
DistanceSums SumDistance(int64_t count, const T* a, const T* b);

// gb = weight * sign(b - a), of which 0 stays 0.
template <typename T>
void DistanceBackward(int64_t count, float weight, const T* a, const T* b, T* gb);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_TRAIN_FEATURE_KERNELS_H_
