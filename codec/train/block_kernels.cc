// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/train/block_kernels.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>
#include <cmath>

#include "codec/train/block_kernels.h"
#include "codec/train/vectors-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Row t of the convolution: bias + sum_k x[t - (kernel - 1) + k] * weight[k].
HWY_INLINE RowSum ConvRow(const BlockShape& shape, const BlockFront& front, const float* x, int64_t t,
                          float* row) {
  const int64_t channels = shape.channels;
  const int64_t first = std::max<int64_t>(0, shape.kernel - 1 - t);
  RowSum sum;
  ForEach(channels, [&](auto d, int64_t c) HWY_ATTR {
    auto value = hn::LoadU(d, front.conv_bias + c);
    for (int64_t k = first; k < shape.kernel; ++k) {
      const float* in = x + (t - shape.kernel + 1 + k) * channels + c;
      value = hn::MulAdd(hn::LoadU(d, in), hn::LoadU(d, front.conv_weight + k * channels + c), value);
    }
    hn::StoreU(value, d, row + c);
    sum.Add(d, value);
  });
  return sum;
}

template <typename T>
HWY_INLINE void ConvNormOf(const BlockShape& shape, const BlockFront& front, const float* x, float* row,
                           T* normal, float* stats) {
  const int64_t channels = shape.channels;
  const float inverse = 1.0f / static_cast<float>(channels);
  for (int64_t t = 0; t < shape.steps; ++t) {
    const float mean = ConvRow(shape, front, x, t, row).Total() * inverse;
    RowSum squares;
    ForEach(channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto centred = hn::Sub(hn::LoadU(d, row + c), hn::Set(d, mean));
      squares.Add(d, hn::Mul(centred, centred));
    });
    const float gain = 1.0f / std::sqrt(squares.Total() * inverse + 1e-5f);
    ForEach(channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto value = hn::Mul(hn::Sub(hn::LoadU(d, row + c), hn::Set(d, mean)), hn::Set(d, gain));
      Write(d, hn::MulAdd(value, hn::LoadU(d, front.norm_weight + c), hn::LoadU(d, front.norm_bias + c)),
            normal + t * channels + c);
    });
    stats[2 * t] = mean;
    stats[2 * t + 1] = gain;
  }
}

// 2^z within 8e-5: enough for bfloat16. |z| < 126.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V RoughExp2(D d, V z) {
  const hn::Rebind<int32_t, D> whole;
  const auto exponent = hn::NearestInt(z);
  const V f = hn::Sub(z, hn::ConvertTo(d, exponent));
  V power = hn::MulAdd(hn::Set(d, 0.0551716708f), f, hn::Set(d, 0.242611138f));
  power = hn::MulAdd(hn::MulAdd(power, f, hn::Set(d, 0.693260987f)), f, hn::Set(d, 0.999928073f));
  return hn::BitCast(d, hn::Add(hn::BitCast(whole, power), hn::ShiftLeft<23>(exponent)));
}

// The gate sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3), which is (1 + tanh(u)) / 2, and e^(-2 u).
template <class D>
struct Gate {
  hn::Vec<D> gate;
  hn::Vec<D> power;
};

constexpr float kTwiceRoot = 1.5957691216057308f;  // 2 sqrt(2 / pi)
constexpr float kCubic = 0.044715f;

// x is bounded: beyond +-9.5 the gate has long been 0 or 1.
template <typename T, class D, class V = hn::Vec<D>>
HWY_INLINE Gate<D> GateOf(D d, V x, V square) {
  const V one = hn::Set(d, 1.0f);
  if constexpr (sizeof(T) == 2) {
    constexpr float kLog2E = 1.4426950408889634f;
    const V inner =
        hn::MulAdd(hn::Set(d, -kTwiceRoot * kCubic * kLog2E), square, hn::Set(d, -kTwiceRoot * kLog2E));
    const V power = RoughExp2(d, hn::Mul(inner, x));
    return {hn::ApproximateReciprocal(hn::Add(one, power)), power};
  } else {
    const V inner = hn::MulAdd(hn::Set(d, -kTwiceRoot * kCubic), square, hn::Set(d, -kTwiceRoot));
    const V power = hn::Exp(d, hn::Mul(inner, x));
    return {hn::Div(one, hn::Add(one, power)), power};
  }
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Bounded(D d, V x) {
  return hn::Min(hn::Max(x, hn::Set(d, -9.5f)), hn::Set(d, 9.5f));
}

template <typename T>
HWY_INLINE void GeluOf(const BlockShape& shape, const T* x, const float* bias, T* activation) {
  for (int64_t t = 0; t < shape.steps; ++t) {
    const int64_t row = t * shape.hidden;
    ForEach(shape.hidden, [&](auto d, int64_t c) HWY_ATTR {
      const auto value = hn::Add(Read(d, x + row + c), hn::LoadU(d, bias + c));
      const auto bounded = Bounded(d, value);
      const auto gate = GateOf<T>(d, bounded, hn::Mul(bounded, bounded)).gate;
      Write(d, hn::Mul(value, gate), activation + row + c);
    });
  }
}

template <typename T>
HWY_INLINE void AddScaledOf(const BlockShape& shape, const float* x, const T* h, const float* bias,
                            const float* scale, float* y) {
  for (int64_t t = 0; t < shape.steps; ++t) {
    const int64_t row = t * shape.channels;
    ForEach(shape.channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto branch = hn::Add(Read(d, h + row + c), hn::LoadU(d, bias + c));
      hn::StoreU(hn::MulAdd(branch, hn::LoadU(d, scale + c), hn::LoadU(d, x + row + c)), d, y + row + c);
    });
  }
}

template <typename T>
HWY_INLINE void AddScaledBackwardOf(const BlockShape& shape, const float* gy, const T* h, const float* bias,
                                    const float* scale, T* gh, float* scale_sum, float* bias_sum) {
  for (int64_t t = 0; t < shape.steps; ++t) {
    const int64_t row = t * shape.channels;
    ForEach(shape.channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto slope = hn::LoadU(d, gy + row + c);
      const auto inner = hn::Mul(slope, hn::LoadU(d, scale + c));
      Write(d, inner, gh + row + c);
      AddTo(d, bias_sum + c, inner);
      const auto branch = hn::Add(Read(d, h + row + c), hn::LoadU(d, bias + c));
      hn::StoreU(hn::MulAdd(slope, branch, hn::LoadU(d, scale_sum + c)), d, scale_sum + c);
    });
  }
}

// With s the gate: Gelu' = s + x s (1 - s) 2 u'.
template <typename T>
HWY_INLINE void GeluBackwardOf(const BlockShape& shape, const T* x, const float* bias, T* g, T* activation,
                               float* bias_sum) {
  for (int64_t t = 0; t < shape.steps; ++t) {
    const int64_t row = t * shape.hidden;
    ForEach(shape.hidden, [&](auto d, int64_t c) HWY_ATTR {
      const auto value = hn::Add(Read(d, x + row + c), hn::LoadU(d, bias + c));
      const auto bounded = Bounded(d, value);
      const auto square = hn::Mul(bounded, bounded);
      const auto [gate, power] = GateOf<T>(d, bounded, square);
      Write(d, hn::Mul(value, gate), activation + row + c);
      const auto inner = hn::Mul(  // 2 u' x
          bounded, hn::MulAdd(hn::Set(d, 3 * kCubic * kTwiceRoot), square, hn::Set(d, kTwiceRoot)));
      const auto fall = hn::Mul(hn::Mul(power, gate), gate);  // gate (1 - gate)
      const auto slope = hn::MulAdd(fall, inner, gate);
      // The bound swallows what is not finite: zero times it does not.
      const auto kept = hn::MulAdd(value, hn::Zero(d), slope);
      const auto gradient = hn::Mul(Read(d, g + row + c), kept);
      Write(d, gradient, g + row + c);
      AddTo(d, bias_sum + c, gradient);
    });
  }
}

template <typename T>
HWY_INLINE void ConvNormBackwardOf(const BlockShape& shape, const BlockFront& front, const float* x,
                                   const float* stats, const T* gnormal, const float* gy, float* scratch,
                                   float* gx, const BlockFrontSums& sums) {
  const int64_t channels = shape.channels;
  const float inverse = 1.0f / static_cast<float>(channels);
  float* normal = scratch;  // one row
  float* gconv = scratch + channels;
  for (int64_t t = 0; t < shape.steps; ++t) {
    ConvRow(shape, front, x, t, normal);
    const float mean = stats[2 * t];
    const float gain = stats[2 * t + 1];
    float* grow = gconv + t * channels;
    RowSum plain;
    RowSum product;
    ForEach(channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto value = hn::Mul(hn::Sub(hn::LoadU(d, normal + c), hn::Set(d, mean)), hn::Set(d, gain));
      hn::StoreU(value, d, normal + c);
      const auto slope = Read(d, gnormal + t * channels + c);
      AddTo(d, sums.norm_bias + c, slope);
      AddTo(d, sums.norm_weight + c, hn::Mul(slope, value));
      const auto inner = hn::Mul(slope, hn::LoadU(d, front.norm_weight + c));
      hn::StoreU(inner, d, grow + c);
      plain.Add(d, inner);
      product.Add(d, hn::Mul(inner, value));
    });
    const float mean_plain = plain.Total() * inverse;
    const float mean_product = product.Total() * inverse;
    ForEach(channels, [&](auto d, int64_t c) HWY_ATTR {
      const auto centred = hn::Sub(hn::LoadU(d, grow + c), hn::Set(d, mean_plain));
      const auto projected = hn::NegMulAdd(hn::LoadU(d, normal + c), hn::Set(d, mean_product), centred);
      const auto gradient = hn::Mul(projected, hn::Set(d, gain));
      hn::StoreU(gradient, d, grow + c);
      AddTo(d, sums.conv_bias + c, gradient);
    });
  }
  // gx[s] = gy[s] + sum_k gconv[s + kernel - 1 - k] * weight[k], gweight[k] += x[s] * gconv[s + kernel - 1 -
  // k]
  for (int64_t s = 0; s < shape.steps; ++s) {
    const int64_t first = std::max<int64_t>(0, shape.kernel - shape.steps + s);
    ForEach(channels, [&](auto d, int64_t c) HWY_ATTR {
      const int64_t at = s * channels + c;
      const auto input = hn::LoadU(d, x + at);
      auto sum = hn::LoadU(d, gy + at);
      for (int64_t k = first; k < shape.kernel; ++k) {
        const auto gradient = hn::LoadU(d, gconv + at + (shape.kernel - 1 - k) * channels);
        float* weight_sum = sums.conv_weight + k * channels + c;
        sum = hn::MulAdd(gradient, hn::LoadU(d, front.conv_weight + k * channels + c), sum);
        hn::StoreU(hn::MulAdd(gradient, input, hn::LoadU(d, weight_sum)), d, weight_sum);
      }
      hn::StoreU(sum, d, gx + at);
    });
  }
}

// One name for each type: a template cannot be exported.
#define QUAVER_BLOCK_KERNELS(T, Name)                                                                   \
  void ConvNorm##Name(const BlockShape& shape, const BlockFront& front, const float* x, float* scratch, \
                      T* normal, float* stats) {                                                        \
    ConvNormOf(shape, front, x, scratch, normal, stats);                                                \
  }                                                                                                     \
  void Gelu##Name(const BlockShape& shape, const T* x, const float* bias, T* activation) {              \
    GeluOf(shape, x, bias, activation);                                                                 \
  }                                                                                                     \
  void AddScaled##Name(const BlockShape& shape, const float* x, const T* h, const float* bias,          \
                       const float* scale, float* y) {                                                  \
    AddScaledOf(shape, x, h, bias, scale, y);                                                           \
  }                                                                                                     \
  void AddScaledBackward##Name(const BlockShape& shape, const float* gy, const T* h, const float* bias, \
                               const float* scale, T* gh, float* scale_sum, float* bias_sum) {          \
    AddScaledBackwardOf(shape, gy, h, bias, scale, gh, scale_sum, bias_sum);                            \
  }                                                                                                     \
  void GeluBackward##Name(const BlockShape& shape, const T* x, const float* bias, T* g, T* activation,  \
                          float* bias_sum) {                                                            \
    GeluBackwardOf(shape, x, bias, g, activation, bias_sum);                                            \
  }                                                                                                     \
  void ConvNormBackward##Name(const BlockShape& shape, const BlockFront& front, const float* x,         \
                              const float* stats, const T* gnormal, const float* gy, float* scratch,    \
                              float* gx, const BlockFrontSums& sums) {                                  \
    ConvNormBackwardOf(shape, front, x, stats, gnormal, gy, scratch, gx, sums);                         \
  }
QUAVER_BLOCK_KERNELS(float, Float)
QUAVER_BLOCK_KERNELS(uint16_t, Half)
#undef QUAVER_BLOCK_KERNELS

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

#define QUAVER_BLOCK_KERNELS(T, Name)                                                                        \
  HWY_EXPORT(ConvNorm##Name);                                                                                \
  HWY_EXPORT(Gelu##Name);                                                                                    \
  HWY_EXPORT(AddScaled##Name);                                                                               \
  HWY_EXPORT(AddScaledBackward##Name);                                                                       \
  HWY_EXPORT(GeluBackward##Name);                                                                            \
  HWY_EXPORT(ConvNormBackward##Name);                                                                        \
  template <>                                                                                                \
  void ConvNorm(const BlockShape& shape, const BlockFront& front, const float* x, float* scratch, T* normal, \
                float* stats) {                                                                              \
    HWY_DYNAMIC_DISPATCH(ConvNorm##Name)(shape, front, x, scratch, normal, stats);                           \
  }                                                                                                          \
  template <>                                                                                                \
  void Gelu(const BlockShape& shape, const T* x, const float* bias, T* activation) {                         \
    HWY_DYNAMIC_DISPATCH(Gelu##Name)(shape, x, bias, activation);                                            \
  }                                                                                                          \
  template <>                                                                                                \
  void AddScaled(const BlockShape& shape, const float* x, const T* h, const float* bias, const float* scale, \
                 float* y) {                                                                                 \
    HWY_DYNAMIC_DISPATCH(AddScaled##Name)(shape, x, h, bias, scale, y);                                      \
  }                                                                                                          \
  template <>                                                                                                \
  void AddScaledBackward(const BlockShape& shape, const float* gy, const T* h, const float* bias,            \
                         const float* scale, T* gh, float* scale_sum, float* bias_sum) {                     \
    HWY_DYNAMIC_DISPATCH(AddScaledBackward##Name)(shape, gy, h, bias, scale, gh, scale_sum, bias_sum);       \
  }                                                                                                          \
  template <>                                                                                                \
  void GeluBackward(const BlockShape& shape, const T* x, const float* bias, T* g, T* activation,             \
                    float* bias_sum) {                                                                       \
    HWY_DYNAMIC_DISPATCH(GeluBackward##Name)(shape, x, bias, g, activation, bias_sum);                       \
  }                                                                                                          \
  template <>                                                                                                \
  void ConvNormBackward(const BlockShape& shape, const BlockFront& front, const float* x,                    \
                        const float* stats, const T* gnormal, const float* gy, float* scratch, float* gx,    \
                        const BlockFrontSums& sums) {                                                        \
    HWY_DYNAMIC_DISPATCH(ConvNormBackward##Name)(shape, front, x, stats, gnormal, gy, scratch, gx, sums);    \
  }
QUAVER_BLOCK_KERNELS(float, Float)
QUAVER_BLOCK_KERNELS(uint16_t, Half)
#undef QUAVER_BLOCK_KERNELS

}  // namespace quaver::internal
#endif  // HWY_ONCE
