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
#include "hwy/cache_control.h"
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

// No code of a leaf has a smaller sum of (c / 2 - x) c than the nearest point of its box; stored to `bounds`
// [leaves]. Returns the leaf with the least.
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
  const hn::Rebind<uint16_t, IntTag> short_numbers;
  for (int lane = 0; lane < CodeTable::kLeaf; lane += kLanes) {
    const float* at = table.Leaf(leaf) + lane;
    Vec sum = hn::Zero(d);
    for (int i = 0; i < query.Dims(); ++i, at += CodeTable::kLeaf) {
      const Vec code = hn::Load(d, at);
      sum = hn::MulAdd(hn::MulSub(code, hn::Set(d, 0.5f), query.x[i]), code, sum);
    }
    const Numbers number = hn::PromoteTo(di, hn::Load(short_numbers, table.Numbers(leaf) + lane));
    const auto first = hn::And(hn::Eq(sum, best.distance), hn::RebindMask(d, hn::Lt(number, best.number)));
    const auto closer = hn::Or(hn::Lt(sum, best.distance), first);
    best.distance = hn::IfThenElse(closer, sum, best.distance);
    best.number = hn::IfThenElse(hn::RebindMask(di, closer), number, best.number);
  }
}

HWY_INLINE void Fetch(const float* data, size_t size) {
  for (size_t i = 0; i < size; i += 64 / sizeof(float)) hwy::Prefetch(data + i);
}

// The leaves but `nearest` that may hold a code as near as `limit`; they are fetched. Returns how many.
HWY_INLINE int ListLeaves(const CodeTable& table, const float* bounds, Vec limit, int nearest,
                          uint16_t* HWY_RESTRICT list) {
  const Tag d;
  int count = 0;
  for (int leaf = 0; leaf < table.leaves(); leaf += kLanes) {
    uint8_t bits[8] = {};
    hn::StoreMaskBits(d, hn::Le(hn::Load(d, bounds + leaf), limit), bits);
    for (unsigned left = bits[0] | unsigned{bits[1]} << 8; left != 0; left &= left - 1) {
      const int next = leaf + std::countr_zero(left);
      if (next == nearest) continue;
      Fetch(table.Leaf(next), table.LeafSize());
      list[count++] = static_cast<uint16_t>(next);
    }
  }
  return count;
}

HWY_INLINE int NumberOf(const Best& best) {
  const IntTag di;
  const auto least = hn::Eq(best.distance, hn::MinOfLanes(Tag(), best.distance));
  const Numbers number = hn::IfThenElse(hn::RebindMask(di, least), best.number, hn::Set(di, INT32_MAX));
  return hn::GetLane(hn::MinOfLanes(di, number));
}

// So many groups are searched side by side: codebooks come from a far cache, and what one group needs next is
// fetched while the others are busy.
constexpr int kTogether = 6;

template <int kDims>
struct Searched {
  Query<kDims> query;
  Best best;
  int nearest;
  int count;
  uint16_t list[CodeTable::kMaxLeaves];
};

template <int kDims>
HWY_INLINE void SearchSome(const CodeTable* const* tables, const float* x, int groups, uint16_t* nearest) {
  const Tag d;
  HWY_ALIGN float bounds[kTogether][CodeTable::kMaxLeaves];
  Searched<kDims> all[kTogether];
  for (int g = 0; g < groups; ++g) {
    Searched<kDims>& it = all[g];
    Prepare(*tables[g], x + g * tables[g]->dims(), it.query);
    if (g + 1 < groups) Fetch(tables[g + 1]->Low(0), std::min<size_t>(tables[g + 1]->BoxesSize(), 512));
    it.nearest = BoundLeaves(*tables[g], it.query, bounds[g]);
    Fetch(tables[g]->Leaf(it.nearest), tables[g]->LeafSize());
  }
  for (int g = 0; g < groups; ++g) {
    Searched<kDims>& it = all[g];
    it.best = {hn::Set(d, std::numeric_limits<float>::infinity()), hn::Set(IntTag(), INT32_MAX)};
    VisitLeaf(*tables[g], it.query, it.nearest, it.best);
    const Vec limit = hn::Add(hn::MinOfLanes(d, it.best.distance), hn::Set(d, it.query.margin));
    it.count = ListLeaves(*tables[g], bounds[g], limit, it.nearest, it.list);
  }
  for (int g = 0; g < groups; ++g) {
    Searched<kDims>& it = all[g];
    for (int i = 0; i < it.count; ++i) VisitLeaf(*tables[g], it.query, it.list[i], it.best);
    const int code = NumberOf(it.best);
    nearest[g] = static_cast<uint16_t>(code < tables[g]->count() ? code : 0);
  }
}

template <int kDims>
HWY_INLINE void Search(std::span<const CodeTable> tables, const float* x, int groups, uint16_t* nearest) {
  const int dims = tables[0].dims();
  for (int first = 0; first < groups; first += kTogether) {
    const int count = std::min(groups - first, kTogether);
    const CodeTable* some[kTogether];
    for (int g = 0; g < count; ++g) some[g] = &tables[tables.size() == 1 ? 0 : first + g];
    SearchSome<kDims>(some, x + first * dims, count, nearest + first);
  }
}

void NearestCodes(std::span<const CodeTable> tables, const float* x, int groups, uint16_t* nearest) {
  switch (tables[0].dims()) {  // those of the paper, and any other
    case 3:
      return Search<3>(tables, x, groups, nearest);
    case 4:
      return Search<4>(tables, x, groups, nearest);
    case 5:
      return Search<5>(tables, x, groups, nearest);
    default:
      return Search<0>(tables, x, groups, nearest);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

HWY_EXPORT(NearestCodes);

void Nearest(std::span<const CodeTable> tables, const float* x, int groups, uint16_t* nearest) {
  HWY_DYNAMIC_DISPATCH(NearestCodes)(tables, x, groups, nearest);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
