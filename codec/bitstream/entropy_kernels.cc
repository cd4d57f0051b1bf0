// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/bitstream/entropy_kernels.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <cstddef>
#include <cstring>

#include "codec/bitstream/entropy_kernels.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // which has no vectors of pairs

void AddAll(const int16_t* weights, const int16_t* inputs, int pairs, int width, int32_t* sums) {
  for (int p = 0; p < pairs; ++p, inputs += 2) {
    for (int i = 0; i < width; ++i, weights += 2) sums[i] += weights[0] * inputs[0] + weights[1] * inputs[1];
  }
}

#else

using Sums = hn::CappedTag<int32_t, kEntropyLanes>;
using Pairs = hn::Repartition<int16_t, Sums>;
using Vec = hn::Vec<Sums>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Sums()));
static_assert(kEntropyLanes % kLanes == 0);

HWY_INLINE hn::Vec<Pairs> Broadcast(const int16_t* pair) {
  int32_t both;
  std::memcpy(&both, pair, sizeof both);
  return hn::BitCast(Pairs(), hn::Set(Sums(), both));
}

// kEntropyLanes sums, in registers.
HWY_INLINE void AddToSome(const int16_t* HWY_RESTRICT weights, const int16_t* HWY_RESTRICT inputs, int pairs,
                          size_t stride, int32_t* HWY_RESTRICT sums) {
  const Sums d;
  constexpr int kVectors = kEntropyLanes / kLanes;
  Vec first[kVectors];
  Vec second[kVectors];  // where an instruction set puts half of the products
  for (int v = 0; v < kVectors; ++v) first[v] = second[v] = hn::Zero(d);
  for (int p = 0; p < pairs; ++p, weights += stride, inputs += 2) {
    const auto input = Broadcast(inputs);
    for (int v = 0; v < kVectors; ++v) {
      const auto weight = hn::LoadU(Pairs(), weights + 2 * kLanes * v);
      first[v] = hn::ReorderWidenMulAccumulate(d, weight, input, first[v], second[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const Vec added = hn::RearrangeToOddPlusEven(first[v], second[v]);
    hn::StoreU(hn::Add(hn::LoadU(d, sums + kLanes * v), added), d, sums + kLanes * v);
  }
}

void AddAll(const int16_t* weights, const int16_t* inputs, int pairs, int width, int32_t* sums) {
  for (int i = 0; i < width; i += kEntropyLanes)
    AddToSome(weights + 2 * i, inputs, pairs, 2 * static_cast<size_t>(width), sums + i);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

HWY_EXPORT(AddAll);

void AddPairs(const int16_t* weights, const int16_t* inputs, int pairs, int width, int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(AddAll)(weights, inputs, pairs, width, sums);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
