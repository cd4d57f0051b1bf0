// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/train/feature_kernels.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>

#include "codec/train/feature_kernels.h"
#include "codec/train/vectors-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Values that fp32 adds up before they go into a sum in fp64.
constexpr int64_t kRun = 8192;

template <typename T>
HWY_INLINE void LeakyReluOf(int64_t count, float slope, T* x) {
  ForEach(count, [&](auto d, int64_t i) HWY_ATTR {
    const auto value = Read(d, x + i);
    const auto low = hn::Mul(value, hn::Set(d, slope));
    Write(d, hn::IfThenElse(hn::Gt(value, hn::Zero(d)), value, low), x + i);
  });
}

template <typename T>
HWY_INLINE void LeakyReluBackwardOf(int64_t count, float slope, const T* y, const T* g, const T* h, T* gx) {
  const auto by_slope = [&](auto d, int64_t i, auto gradient) HWY_ATTR {
    const auto low = hn::Mul(gradient, hn::Set(d, slope));
    Write(d, hn::IfThenElse(hn::Gt(Read(d, y + i), hn::Zero(d)), gradient, low), gx + i);
  };
  if (g != nullptr && h != nullptr) {
    ForEach(count,
            [&](auto d, int64_t i) HWY_ATTR { by_slope(d, i, hn::Add(Read(d, g + i), Read(d, h + i))); });
  } else {
    const T* one = g != nullptr ? g : h;
    ForEach(count, [&](auto d, int64_t i) HWY_ATTR { by_slope(d, i, Read(d, one + i)); });
  }
}

template <typename T>
HWY_INLINE DistanceSums SumDistanceOf(int64_t count, const T* a, const T* b) {
  DistanceSums sums;
  for (int64_t first = 0; first < count; first += kRun) {
    RowSum size;
    RowSum distance;
    ForEach(std::min(kRun, count - first), [&](auto d, int64_t i) HWY_ATTR {
      const auto at = Read(d, a + first + i);
      size.Add(d, hn::Abs(at));
      distance.Add(d, hn::Abs(hn::Sub(Read(d, b + first + i), at)));
    });
    sums.size += static_cast<double>(size.Total());
    sums.distance += static_cast<double>(distance.Total());
  }
  return sums;
}

template <typename T>
HWY_INLINE void DistanceBackwardOf(int64_t count, float weight, const T* a, const T* b, T* gb) {
  ForEach(count, [&](auto d, int64_t i) HWY_ATTR {
    const auto from = Read(d, a + i);
    const auto to = Read(d, b + i);
    const auto zero = hn::Zero(d);
    const auto above = hn::IfThenElseZero(hn::Gt(to, from), hn::Set(d, weight));
    const auto below = hn::IfThenElseZero(hn::Lt(to, from), hn::Set(d, weight));
    // 0 * the difference is what is not a number if one of both is not finite.
    const auto lost = hn::Mul(hn::Sub(to, from), zero);
    Write(d, hn::Add(hn::Sub(above, below), lost), gb + i);
  });
}

#define QUAVER_FEATURE_KERNELS(T, Name)                                                                     \
  HWY_NOINLINE void LeakyRelu##Name(int64_t count, float slope, T* x) { LeakyReluOf(count, slope, x); }     \
  HWY_NOINLINE void LeakyReluBackward##Name(int64_t count, float slope, const T* y, const T* g, const T* h, \
                                            T* gx) {                                                        \
    LeakyReluBackwardOf(count, slope, y, g, h, gx);                                                         \
  }                                                                                                         \
  HWY_NOINLINE DistanceSums SumDistance##Name(int64_t count, const T* a, const T* b) {                      \
    return SumDistanceOf(count, a, b);                                                                      \
  }                                                                                                         \
  HWY_NOINLINE void DistanceBackward##Name(int64_t count, float weight, const T* a, const T* b, T* gb) {    \
    DistanceBackwardOf(count, weight, a, b, gb);                                                            \
  }
QUAVER_FEATURE_KERNELS(float, Float)
QUAVER_FEATURE_KERNELS(uint16_t, Half)
#undef QUAVER_FEATURE_KERNELS

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

#define QUAVER_FEATURE_KERNELS(T, Name)                                                           \
  HWY_EXPORT(LeakyRelu##Name);                                                                    \
  HWY_EXPORT(LeakyReluBackward##Name);                                                            \
  HWY_EXPORT(SumDistance##Name);                                                                  \
  HWY_EXPORT(DistanceBackward##Name);                                                             \
  template <>                                                                                     \
  void LeakyRelu(int64_t count, float slope, T* x) {                                              \
    HWY_DYNAMIC_DISPATCH(LeakyRelu##Name)(count, slope, x);                                       \
  }                                                                                               \
  template <>                                                                                     \
  void LeakyReluBackward(int64_t count, float slope, const T* y, const T* g, const T* h, T* gx) { \
    HWY_DYNAMIC_DISPATCH(LeakyReluBackward##Name)(count, slope, y, g, h, gx);                     \
  }                                                                                               \
  template <>                                                                                     \
  DistanceSums SumDistance(int64_t count, const T* a, const T* b) {                               \
    return HWY_DYNAMIC_DISPATCH(SumDistance##Name)(count, a, b);                                  \
  }                                                                                               \
  template <>                                                                                     \
  void DistanceBackward(int64_t count, float weight, const T* a, const T* b, T* gb) {             \
    HWY_DYNAMIC_DISPATCH(DistanceBackward##Name)(count, weight, a, b, gb);                        \
  }
QUAVER_FEATURE_KERNELS(float, Float)
QUAVER_FEATURE_KERNELS(uint16_t, Half)
#undef QUAVER_FEATURE_KERNELS

}  // namespace quaver::internal
#endif  // HWY_ONCE
