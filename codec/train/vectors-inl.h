// Helpers of the trainer's Highway kernels; compiled once for every instruction set, as Highway's own -inl.h.
#if defined(QUAVER_CODEC_TRAIN_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUAVER_CODEC_TRAIN_VECTORS_INL_H_
#undef QUAVER_CODEC_TRAIN_VECTORS_INL_H_
#else
#define QUAVER_CODEC_TRAIN_VECTORS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Single = hn::CappedTag<float, 1>;

// Calls function(tag, i) for all of 0 .. count: in whole vectors, the rest one by one.
template <class Function>
HWY_INLINE void ForEach(int64_t count, const Function& function) {
  const Tag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) function(d, i);
  for (; i < count; ++i) function(Single(), i);
}

// fp32, or bfloat16 as its bits, to and from vectors of fp32.
template <class D>
HWY_INLINE hn::Vec<D> Read(D d, const float* from) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> Read(D d, const uint16_t* from) {
  const hn::Rebind<uint16_t, D> half;
  const hn::Rebind<uint32_t, D> whole;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(whole, hn::LoadU(half, from))));
}

template <class D>
HWY_INLINE void Write(D d, hn::Vec<D> value, float* to) {
  hn::StoreU(value, d, to);
}
template <class D>
HWY_INLINE void Write(D d, hn::Vec<D> value, uint16_t* to) {
  const hn::Rebind<uint16_t, D> half;
  const hn::Rebind<int32_t, D> whole;
  const hn::Rebind<uint32_t, D> bits;
  const auto raw = hn::BitCast(bits, value);
  const auto odd = hn::And(hn::ShiftRight<16>(raw), hn::Set(bits, 1));
  const auto rounded = hn::Add(raw, hn::Add(odd, hn::Set(bits, 0x7FFF)));
  // Rounding could carry a NaN into zero.
  const auto kept = hn::IfThenElse(hn::Eq(value, value), hn::BitCast(d, rounded),
                                   hn::BitCast(d, hn::Set(bits, 0x7FC00000)));
  const auto high = hn::ShiftRight<16>(hn::BitCast(bits, kept));
  hn::StoreU(hn::DemoteTo(half, hn::BitCast(whole, high)), half, to);
}

// Complex numbers, real and imaginary parts in turn.
template <class D>
HWY_INLINE void ReadComplex(D d, const float* from, hn::Vec<D>& re, hn::Vec<D>& im) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    re = hn::Set(d, from[0]);
    im = hn::Set(d, from[1]);
  } else {
    hn::LoadInterleaved2(d, from, re, im);
  }
}
template <class D>
HWY_INLINE void WriteComplex(D d, hn::Vec<D> re, hn::Vec<D> im, float* to) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    to[0] = hn::GetLane(re);
    to[1] = hn::GetLane(im);
  } else {
    hn::StoreInterleaved2(re, im, d, to);
  }
}

// to[i] += value
template <class D>
HWY_INLINE void AddTo(D d, float* to, hn::Vec<D> value) {
  hn::StoreU(hn::Add(hn::LoadU(d, to), value), d, to);
}

// Sum of a row, whose vectors and single values are added up apart.
struct RowSum {
  hn::Vec<Tag> vectors;
  float singles;

  HWY_INLINE RowSum() : vectors(hn::Zero(Tag())), singles(0) {}
  template <class D>
  HWY_INLINE void Add(D, hn::Vec<D> value) {
    if constexpr (hn::MaxLanes(D()) == hn::MaxLanes(Tag())) {
      vectors = hn::Add(vectors, value);
    } else {
      singles += hn::GetLane(value);
    }
  }
  HWY_INLINE float Total() const { return hn::GetLane(hn::SumOfLanes(Tag(), vectors)) + singles; }
};

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
