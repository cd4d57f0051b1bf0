// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/runtime/nearest.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "codec/runtime/nearest.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using IntTag = hn::RebindToSigned<Tag>;
using Vec = hn::Vec<Tag>;
using Numbers = hn::Vec<IntTag>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag()));
static_assert(CodeTable::kLeaf % kLanes == 0 && CodeTable::kLanes % kLanes == 0);

// What the search is for. kDims is 0 if it is known at run time only.
template <int kDims>
struct Query {
  HWY_INLINE int Dims() const { return kDims > 0 ? kDims : dims; }
  Vec x[kDims > 0 ? kDims : CodeTable::kMaxDims];
  int dims;
  float margin;
};

template <int kDims>
HWY_INLINE void Prepare(const CodeTable& table, const float* x, Query<kDims>& query) {
  query.dims = table.dims();
  float norm = table.reach();
  for (int i = 0; i < query.Dims(); ++i) {
    const float value = std::isfinite(x[i]) ? std::clamp(x[i], -1e6f, 1e6f) : 0.0f;
    query.x[i] = hn::Set(Tag(), value);
    norm += value * value;
  }
  // A sum of n terms is off by at most n 2^-24 times their magnitudes. Here are two sums of dims terms with
  // two roundings each; and as much again.
  query.margin = static_cast<float>(8 * query.Dims() + 16) * 0x1p-24f * norm;
}

// What each lane has met so far.
struct Best {
  Vec distance;
  Numbers number;
};

// Below |c|^2 / 2 - x.c of all codes in the boxes; stored to `bounds` [leaves]. Returns the leaf with the
// least.
template <int kDims>
HWY_INLINE int BoundLeaves(const CodeTable& table, const Query<kDims>& query, float* HWY_RESTRICT bounds) {
  const Tag d;
  Vec least = hn::Set(d, std::numeric_limits<float>::infinity());
  for (int leaf = 0; leaf < table.leaves(); leaf += kLanes) {
    Vec sum = hn::Zero(d);
    for (int i = 0; i < query.Dims(); ++i) {
      const Vec x = query.x[i];
      const Vec inside =
          hn::Min(hn::Max(x, hn::Load(d, table.Low(i) + leaf)), hn::Load(d, table.High(i) + leaf));
      sum = hn::MulAdd(hn::MulSub(inside, hn::Set(d, 0.5f), x), inside, sum);
    }
    hn::Store(sum, d, bounds + leaf);
    least = hn::Min(least, sum);
  }
  least = hn::MinOfLanes(d, least);
  for (int leaf = 0; leaf < table.leaves(); leaf += kLanes) {
    const auto found = hn::FindFirstTrue(d, hn::Eq(hn::Load(d, bounds + leaf), least));
    if (found >= 0) return leaf + static_cast<int>(found);
  }
  return 0;
}

template <int kDims>
HWY_INLINE void VisitLeaf(const CodeTable& table, const Query<kDims>& query, int leaf, Best& best) {
  const Tag d;
  const IntTag di;
  for (int lane = 0; lane < CodeTable::kLeaf; lane += kLanes) {
    const float* at = table.Leaf(leaf) + lane;
    Vec sum = hn::Load(d, at);
    for (int i = 0; i < query.Dims(); ++i)
      sum = hn::NegMulAdd(query.x[i], hn::Load(d, at + (i + 1) * CodeTable::kLeaf), sum);
    const Numbers number = hn::LoadU(di, table.Numbers(leaf) + lane);
    const auto first = hn::And(hn::Eq(sum, best.distance), hn::RebindMask(d, hn::Lt(number, best.number)));
    const auto closer = hn::Or(hn::Lt(sum, best.distance), first);
    best.distance = hn::IfThenElse(closer, sum, best.distance);
    best.number = hn::IfThenElse(hn::RebindMask(di, closer), number, best.number);
  }
}

template <int kDims>
HWY_INLINE int Search(const CodeTable& table, const float* x) {
  const Tag d;
  const IntTag di;
  Query<kDims> query;
  Prepare(table, x, query);
  HWY_ALIGN float bounds[CodeTable::kMaxLeaves];
  Best best = {hn::Set(d, std::numeric_limits<float>::infinity()), hn::Set(di, INT32_MAX)};
  const int nearest = BoundLeaves(table, query, bounds);
  VisitLeaf(table, query, nearest, best);
  const Vec limit = hn::Add(hn::MinOfLanes(d, best.distance), hn::Set(d, query.margin));
  for (int leaf = 0; leaf < table.leaves(); leaf += kLanes) {
    uint8_t bits[8] = {};
    hn::StoreMaskBits(d, hn::Le(hn::Load(d, bounds + leaf), limit), bits);
    for (unsigned left = bits[0] | unsigned{bits[1]} << 8; left != 0; left &= left - 1) {
      const int next = leaf + std::countr_zero(left);
      if (next != nearest) VisitLeaf(table, query, next, best);
    }
  }
  const auto least = hn::Eq(best.distance, hn::MinOfLanes(d, best.distance));
  const Numbers number = hn::IfThenElse(hn::RebindMask(di, least), best.number, hn::Set(di, INT32_MAX));
  const int code = hn::GetLane(hn::MinOfLanes(di, number));
  return code < table.count() ? code : 0;
}

template <int kDims>
HWY_INLINE void SearchRows(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step) {
  for (int row = 0; row < rows; ++row) {
    const int code = Search<kDims>(table, x.data + static_cast<size_t>(row) * x.stride);
    nearest[static_cast<size_t>(row) * step] = static_cast<uint16_t>(code);
  }
}

void NearestRows(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step) {
  switch (table.dims()) {  // those of the paper, and any other
    case 3:
      return SearchRows<3>(table, x, rows, nearest, step);
    case 4:
      return SearchRows<4>(table, x, rows, nearest, step);
    case 5:
      return SearchRows<5>(table, x, rows, nearest, step);
    default:
      return SearchRows<0>(table, x, rows, nearest, step);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

HWY_EXPORT(NearestRows);

void Nearest(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step) {
  HWY_DYNAMIC_DISPATCH(NearestRows)(table, x, rows, nearest, step);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
