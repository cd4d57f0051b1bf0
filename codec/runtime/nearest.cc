// Exact nearest neighbours in a codebook of up to 16384 codes, several times as fast as comparing all. The
// codes lie in the leaves of a k-d tree of 32 codes each (code_table.h; Bentley, 1975), and each leaf has a
// bounding box. The nearest point of a box gives a lower bound for its codes. Per group: bound every box,
// visit the leaf whose bound is least, then visit just those leaves whose bound is not above the best
// distance found (branch and bound). Boxes are few and lie in rows, so that all of them at once are cheaper
// than a descent through the tree.
//
// |x - c|^2 is minimised as |c|^2 / 2 - x.c, the same order with fewer operations. Invariant: the result is
// that of a comparison of all codes in the same arithmetic, the lowest number among equals; bounds are
// lowered by `margin`, which is more than rounding can do (Search), and equal distances are looked up again
// in all leaves (NumberOf).

// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/runtime/nearest.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>
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

// Makes x [Padded(size)] fit for the search, in place; returns the sum of squares.
HWY_INLINE float Sanitise(float* x, int size) {
  const Tag d;
  const Vec limit = hn::Set(d, 1e6f);
  Vec sum = hn::Zero(d);
  for (int i = 0; i < size; i += kLanes) {
    const Vec raw = hn::LoadU(d, x + i);
    const Vec value = hn::Min(hn::Max(hn::IfThenZeroElse(hn::IsNaN(raw), raw), hn::Neg(limit)), limit);
    hn::StoreU(value, d, x + i);
    sum = hn::MulAdd(value, value, sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// kDims is 0 if the dimensions are known at run time only.
template <int kDims>
HWY_INLINE int DimsOf(const CodeTable& table) {
  return kDims > 0 ? kDims : table.dims();
}

// |c|^2 / 2 - x.c of the codes of a leaf from `lane` on; infinite where there is no code.
template <int kDims>
HWY_INLINE Vec Distance(const CodeTable& table, const float* HWY_RESTRICT x, int leaf, int lane) {
  const Tag d;
  const float* at = table.Leaf(leaf) + lane;
  Vec sum = hn::Load(d, at);
  for (int i = 0; i < DimsOf<kDims>(table); ++i) {
    at += CodeTable::kLeaf;
    sum = hn::NegMulAdd(hn::Set(d, x[i]), hn::Load(d, at), sum);
  }
  return sum;
}

// The same of the nearest point p of each box from `leaf` on, as sum of (p / 2 - x) p: no code of these
// leaves has less.
template <int kDims>
HWY_INLINE Vec Bound(const CodeTable& table, const float* HWY_RESTRICT x, int leaf) {
  const Tag d;
  const int dims = DimsOf<kDims>(table);
  const float* at = table.Boxes() +
                    static_cast<size_t>(leaf / CodeTable::kLanes) * 2 * CodeTable::kLanes * dims +
                    leaf % CodeTable::kLanes;
  Vec sum = hn::Zero(d);
  for (int i = 0; i < dims; ++i, at += 2 * CodeTable::kLanes) {
    const Vec from = hn::Set(d, x[i]);
    const Vec p = hn::Min(hn::Max(from, hn::Load(d, at)), hn::Load(d, at + CodeTable::kLanes));
    sum = hn::MulAdd(hn::MulSub(p, hn::Set(d, 0.5f), from), p, sum);
  }
  return sum;
}

// What each lane has met so far; at first nothing. The constructor is written out because GCC for Arm does
// not compile one of its own making for the instruction set of this pass.
struct Best {
  HWY_INLINE Best()
      : distance(hn::Set(Tag(), std::numeric_limits<float>::infinity())),
        leaf(hn::Zero(IntTag())),
        tied(hn::FirstN(Tag(), 0)) {}
  Vec distance;
  Numbers leaf;
  hn::Mask<Tag> tied;  // met its distance twice, perhaps
};

HWY_INLINE void Meet(Vec distance, Numbers leaf, Best& best) {
  const auto closer = hn::Lt(distance, best.distance);
  best.tied = hn::Or(best.tied, hn::Eq(distance, best.distance));
  best.distance = hn::IfThenElse(closer, distance, best.distance);
  best.leaf = hn::IfThenElse(hn::RebindMask(IntTag(), closer), leaf, best.leaf);
}

// The first leaf of those with the least distance.
HWY_INLINE int LeafOf(const Best& best, Vec least) {
  const IntTag di;
  const auto met = hn::RebindMask(di, hn::Eq(best.distance, least));
  return hn::GetLane(hn::MinOfLanes(di, hn::IfThenElse(met, best.leaf, hn::Set(di, INT32_MAX))));
}

template <int kDims>
HWY_INLINE void VisitLeaf(const CodeTable& table, const float* x, int leaf, Best& best) {
  Vec least = Distance<kDims>(table, x, leaf, 0);
  for (int lane = kLanes; lane < CodeTable::kLeaf; lane += kLanes)
    least = hn::Min(least, Distance<kDims>(table, x, leaf, lane));
  Meet(least, hn::Set(IntTag(), leaf), best);
}

// The lowest number among the codes of a leaf whose distance is `least`; INT32_MAX if there is none.
template <int kDims>
HWY_INLINE int NumberIn(const CodeTable& table, const float* x, int leaf, Vec least) {
  const IntTag di;
  const hn::Rebind<uint16_t, IntTag> stored;
  Numbers lowest = hn::Set(di, INT32_MAX);
  for (int lane = 0; lane < CodeTable::kLeaf; lane += kLanes) {
    const auto met = hn::RebindMask(di, hn::Eq(Distance<kDims>(table, x, leaf, lane), least));
    const Numbers number = hn::PromoteTo(di, hn::Load(stored, table.Numbers(leaf) + lane));
    lowest = hn::Min(lowest, hn::IfThenElse(met, number, hn::Set(di, INT32_MAX)));
  }
  return hn::GetLane(hn::MinOfLanes(di, lowest));
}

// What was met, or, where distances may be equal, the lowest number of all leaves.
template <int kDims>
HWY_INLINE uint16_t NumberOf(const CodeTable& table, const float* x, const Best& best) {
  const Tag d;
  const Vec least = hn::MinOfLanes(d, best.distance);
  const auto met = hn::Eq(best.distance, least);
  int number = NumberIn<kDims>(table, x, LeafOf(best, least), least);
  if (HWY_UNLIKELY(hn::CountTrue(d, met) > 1 || !hn::AllFalse(d, hn::And(met, best.tied)))) {
    for (int leaf = 0; leaf < table.leaves(); ++leaf)
      number = std::min(number, NumberIn<kDims>(table, x, leaf, least));
  }
  return static_cast<uint16_t>(number < table.count() ? number : 0);
}

HWY_INLINE void Fetch(const float* data, size_t size) {
  for (size_t i = 0; i < size; i += 64 / sizeof(float)) hwy::Prefetch(data + i);
}

// So many groups are searched side by side: codebooks come from a far cache, and what one group needs next is
// fetched while the others are busy. Nor is there a branch for each group that the processor could mistake.
constexpr int kTogether = 6;

// A leaf to visit: its number, and above these bits its group.
constexpr int kLeafBits = 16;
static_assert(CodeTable::kMaxLeaves <= 1 << kLeafBits);

// Appends the leaves but `first` whose bound is at most `limit`; returns how many. Writes up to a vector
// beyond them.
HWY_INLINE size_t ListLeaves(const float* bounds, int leaves, Vec limit, int first, int group,
                             int32_t* HWY_RESTRICT visits) {
  const Tag d;
  const IntTag di;
  const Numbers visited = hn::Set(di, (group << kLeafBits) + first);
  size_t count = 0;
  for (int leaf = 0; leaf < leaves; leaf += kLanes) {
    const Numbers number = hn::Iota(di, (group << kLeafBits) + leaf);
    const auto near = hn::RebindMask(di, hn::Le(hn::Load(d, bounds + leaf), limit));
    const auto next = hn::AndNot(hn::Eq(number, visited), near);
    hn::StoreU(hn::Compress(number, next), di, visits + count);
    count += hn::CountTrue(di, next);
  }
  return count;
}

// As many groups as there are tables here. margin: by how much a bound may be wrong.
template <int kDims>
HWY_INLINE void SearchSome(const CodeTable* const* tables, const float* x, int groups, float margin,
                           uint16_t* nearest) {
  const Tag d;
  const int leaves = tables[0]->leaves();
  const int dims = DimsOf<kDims>(*tables[0]);
  Best best[kTogether];
  int first[kTogether];
  HWY_ALIGN float bounds[kTogether * CodeTable::kMaxLeaves];
  int32_t visits[kTogether * CodeTable::kMaxLeaves + kLanes];
  for (int g = 0; g < groups; ++g) Fetch(tables[g]->Boxes(), std::min<size_t>(tables[g]->BoxesSize(), 512));
  for (int g = 0; g < groups; ++g) {
    Best box;
    for (int leaf = 0; leaf < leaves; leaf += kLanes) {
      const Vec bound = Bound<kDims>(*tables[g], x + g * dims, leaf);
      hn::Store(bound, d, bounds + g * leaves + leaf);
      Meet(bound, hn::Iota(IntTag(), leaf), box);
    }
    first[g] = LeafOf(box, hn::MinOfLanes(d, box.distance));
    Fetch(tables[g]->Leaf(first[g]), static_cast<size_t>(1 + dims) * CodeTable::kLeaf);
  }
  size_t count = 0;
  for (int g = 0; g < groups; ++g) {
    VisitLeaf<kDims>(*tables[g], x + g * dims, first[g], best[g]);
    const Vec limit = hn::Add(hn::MinOfLanes(d, best[g].distance), hn::Set(d, margin));
    count += ListLeaves(bounds + g * leaves, leaves, limit, first[g], g, visits + count);
  }
  const auto group = [&](size_t i) { return visits[i] >> kLeafBits; };
  const auto leaf = [&](size_t i) { return visits[i] & ((1 << kLeafBits) - 1); };
  for (size_t i = 0; i < count; ++i)
    VisitLeaf<kDims>(*tables[group(i)], x + group(i) * dims, leaf(i), best[group(i)]);
  for (int g = 0; g < groups; ++g) nearest[g] = NumberOf<kDims>(*tables[g], x + g * dims, best[g]);
}

template <int kDims>
HWY_INLINE void Search(std::span<const CodeTable> tables, float* x, int groups, uint16_t* nearest) {
  const int dims = DimsOf<kDims>(tables[0]);
  const float norm = Sanitise(x, groups * dims);
  // A sum of n terms is off by at most n 2^-24 times their magnitudes. Here are two sums of dims terms with
  // two roundings each; and as much again.
  const float rounding = static_cast<float>(8 * dims + 16) * 0x1p-24f;
  for (int start = 0; start < groups; start += kTogether) {
    const int count = std::min(groups - start, kTogether);
    const CodeTable* some[kTogether];
    float reach = 0;
    for (int g = 0; g < count; ++g) {
      some[g] = &tables[tables.size() == 1 ? 0 : start + g];
      reach = std::max(reach, some[g]->reach());
    }
    SearchSome<kDims>(some, x + start * dims, count, rounding * (reach + norm), nearest + start);
  }
}

void NearestCodes(std::span<const CodeTable> tables, float* x, int groups, uint16_t* nearest) {
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

void Nearest(std::span<const CodeTable> tables, float* x, int groups, uint16_t* nearest) {
  HWY_DYNAMIC_DISPATCH(NearestCodes)(tables, x, groups, nearest);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
