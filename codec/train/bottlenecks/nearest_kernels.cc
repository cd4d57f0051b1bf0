// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/train/bottlenecks/nearest_kernels.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "codec/train/bottlenecks/nearest_kernels.h"
#include "codec/train/vectors-inl.h"
#include "hwy/highway.h"

#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_VIEW_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_VIEW_
namespace quaver::internal {

struct NearestView {
  explicit NearestView(const NearestIndex& from)
      : index(from),
        leaves(from.leaves_.data()),
        boxes(from.boxes_.data()),
        twig_boxes(from.twig_boxes_.data()),
        overflow(from.overflow_.data()),
        twigs(from.twigs_),
        overflow_count(static_cast<int64_t>(from.overflow_slots_.size())),
        dims(from.dims_) {}
  const NearestIndex& index;
  const float* leaves;
  const float* boxes;
  const float* twig_boxes;
  const float* overflow;
  int64_t twigs;
  int64_t overflow_count;
  int dims;
};

}  // namespace quaver::internal
#endif

HWY_BEFORE_NAMESPACE();
namespace quaver::internal {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kLeaf = NearestIndex::kLeaf;
constexpr int kTwig = NearestIndex::kTwig;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

HWY_INLINE int64_t VectorLanes() { return static_cast<int64_t>(hn::Lanes(Tag())); }

// Squared distances below a limit, which falls to that of the wanted rank as more of them are found.
class NearestFound {
 public:
  NearestFound(int rank, std::vector<float>& room) : rank_(rank), full_(rank + std::max(64, rank)) {
    room.resize(static_cast<size_t>(full_) + 2 * kLeaf);
    values_ = room.data();
  }

  HWY_INLINE void Clear() {
    size_ = 0;
    limit_ = kInfinity;
  }
  HWY_INLINE float limit() const { return limit_; }

  // Up to kLeaf values may be added between two calls of Tighten.
  HWY_INLINE void Add(hn::Vec<Tag> squared) {
    const Tag d;
    const auto near = hn::Lt(squared, hn::Set(d, limit_));
    hn::StoreU(hn::Compress(squared, near), d, values_ + size_);
    size_ += static_cast<int64_t>(hn::CountTrue(d, near));
  }
  HWY_INLINE void TightenIfFull() {
    if (size_ > full_) Tighten();
  }
  // Keeps `rank` of them.
  HWY_INLINE void Tighten() {
    if (size_ < rank_) return;
    limit_ = Select(rank_);
    const Tag d;
    int64_t kept = 0;
    for (int64_t i = 0; i < size_; i += VectorLanes()) {
      const auto value = hn::LoadU(d, values_ + i);
      const auto below = hn::Lt(value, hn::Set(d, limit_));
      hn::StoreU(hn::Compress(value, below), d, values_ + kept);
      kept += static_cast<int64_t>(hn::CountTrue(d, below));
    }
    std::fill(values_ + kept, values_ + rank_, limit_);
    size_ = rank_;
  }

  // The rank-th smallest: bisection over the bits of floats, which are ordered as integers where they are
  // not negative.
  HWY_INLINE float Select(int64_t rank) {
    if (size_ < rank) return kInfinity;
    const Tag d;
    for (int64_t i = size_; i < size_ + VectorLanes(); ++i) values_[i] = kInfinity;
    auto lowest = hn::Set(d, kInfinity);
    auto highest = hn::Zero(d);
    for (int64_t i = 0; i < size_; i += VectorLanes()) {
      const auto value = hn::LoadU(d, values_ + i);
      lowest = hn::Min(lowest, value);
      highest = hn::Max(highest, hn::IfThenElseZero(hn::Lt(value, hn::Set(d, kInfinity)), value));
    }
    int32_t low = std::bit_cast<int32_t>(hn::GetLane(hn::MinOfLanes(d, lowest))) - 1;
    int32_t high = std::bit_cast<int32_t>(hn::GetLane(hn::MaxOfLanes(d, highest)));
    while (high - low > 1) {  // below or at low: fewer than rank; at high: at least so many
      const int32_t middle = low + (high - low) / 2;
      const auto at_most = hn::Set(d, std::bit_cast<float>(middle));
      int64_t count = 0;
      for (int64_t i = 0; i < size_; i += VectorLanes())
        count += static_cast<int64_t>(hn::CountTrue(d, hn::Le(hn::LoadU(d, values_ + i), at_most)));
      if (count == rank) return HighestUpTo(middle);
      (count < rank ? low : high) = middle;
    }
    return std::bit_cast<float>(high);
  }
  HWY_INLINE const float* Sorted() {
    std::sort(values_, values_ + size_);
    return values_;
  }
  HWY_INLINE int64_t size() const { return size_; }

 private:
  HWY_INLINE float HighestUpTo(int32_t bound) const {
    const Tag d;
    const auto at_most = hn::Set(d, std::bit_cast<float>(bound));
    auto highest = hn::Zero(d);
    for (int64_t i = 0; i < size_; i += VectorLanes()) {
      const auto value = hn::LoadU(d, values_ + i);
      highest = hn::Max(highest, hn::IfThenElseZero(hn::Le(value, at_most), value));
    }
    return hn::GetLane(hn::MaxOfLanes(d, highest));
  }

  int64_t rank_;
  int64_t full_;
  int64_t size_ = 0;
  float limit_ = kInfinity;
  float* values_;
};

// One query. kDims: dimensions, 0: any number.
template <int kDims>
class NearestQuery {
 public:
  NearestQuery(const NearestView& view, const float* query, NearestFound& found)
      : view_(view), query_(query), found_(found), dims_(kDims > 0 ? kDims : view.dims) {}

  HWY_INLINE void Run(int rank) {
    const Tag d;
    const int32_t home = view_.index.Home(query_);
    const int64_t home_twig = home / kTwig;
    // Neighbours in the tree that together have points enough, for a first limit.
    int32_t near = 1;
    while (near < kTwig && near * NearestIndex::kFill < rank + rank / 4) near *= 2;
    const int32_t first = home / near * near;
    for (int32_t leaf = first; leaf < first + near; ++leaf) Leaf(leaf);
    found_.Tighten();
    Overflow();
    Twig(home_twig, first % kTwig, near);
    found_.Tighten();
    for (int64_t twig = 0; twig < view_.twigs; twig += VectorLanes()) {
      const auto distance = BoxDistance(view_.twig_boxes + twig, view_.twigs);
      float bounds[kTwig];
      hn::StoreU(distance, d, bounds);
      for (uint64_t bits = Below(distance); bits != 0; bits &= bits - 1) {
        const int lane = std::countr_zero(bits);
        if (twig + lane != home_twig && bounds[lane] < found_.limit()) Twig(twig + lane, 0, 0);
      }
    }
  }

 private:
  HWY_INLINE uint64_t Below(hn::Vec<Tag> distance) const {
    const Tag d;
    uint8_t bytes[8] = {};
    hn::StoreMaskBits(d, hn::Lt(distance, hn::Set(d, found_.limit())), bytes);
    uint64_t bits;
    std::memcpy(&bits, bytes, sizeof(bits));
    return bits;
  }

  // Squared distance to boxes that stand side by side: [dims, 2, stride].
  HWY_INLINE hn::Vec<Tag> BoxDistance(const float* boxes, int64_t stride) const {
    const Tag d;
    auto sum = hn::Zero(d);
    for (int dim = 0; dim < dims_; ++dim) {
      const auto x = hn::Set(d, query_[dim]);
      const auto below = hn::Sub(hn::LoadU(d, boxes + 2 * dim * stride), x);
      const auto above = hn::Sub(x, hn::LoadU(d, boxes + (2 * dim + 1) * stride));
      const auto gap = hn::Max(hn::Max(below, above), hn::Zero(d));
      sum = hn::MulAdd(gap, gap, sum);
    }
    return sum;
  }

  HWY_INLINE hn::Vec<Tag> Distance(const float* points, int64_t stride) const {
    const Tag d;
    auto sum = hn::Zero(d);
    for (int dim = 0; dim < dims_; ++dim) {
      const auto difference = hn::Sub(hn::LoadU(d, points + dim * stride), hn::Set(d, query_[dim]));
      sum = hn::MulAdd(difference, difference, sum);
    }
    return sum;
  }

  HWY_INLINE void Leaf(int64_t leaf) {
    const float* points = view_.leaves + leaf * dims_ * kLeaf;
    for (int64_t i = 0; i < kLeaf; i += VectorLanes()) found_.Add(Distance(points + i, kLeaf));
    found_.TightenIfFull();
  }

  // All of its leaves but `done` of them from `first` on.
  HWY_INLINE void Twig(int64_t twig, int first, int done) {
    const Tag d;
    const float* boxes = view_.boxes + twig * dims_ * 2 * kTwig;
    for (int64_t i = 0; i < kTwig; i += VectorLanes()) {
      const auto distance = BoxDistance(boxes + i, kTwig);
      float bounds[kTwig];
      hn::StoreU(distance, d, bounds);
      for (uint64_t bits = Below(distance); bits != 0; bits &= bits - 1) {
        const int lane = std::countr_zero(bits);
        const int64_t leaf = i + lane;
        if (leaf >= first && leaf < first + done) continue;
        if (bounds[lane] < found_.limit()) Leaf(twig * kTwig + leaf);
      }
    }
  }

  HWY_INLINE void Overflow() {
    for (int64_t at = 0; at < view_.overflow_count; at += kLeaf) {
      for (int64_t i = at; i < at + kLeaf; i += VectorLanes())
        found_.Add(Distance(view_.overflow + i, NearestIndex::kOverflow));
      found_.TightenIfFull();
    }
  }

  const NearestView& view_;
  const float* query_;
  NearestFound& found_;
  const int dims_;
};

constexpr int kFewRanks = 6;  // are selected one by one

template <int kDims>
void SearchOf(const NearestView& view, const float* queries, int64_t query_count, const int* ranks,
              int rank_count, float* distances) {
  std::vector<float> room;
  NearestFound found(ranks[rank_count - 1], room);
  for (int64_t n = 0; n < query_count; ++n) {
    found.Clear();
    NearestQuery<kDims>(view, queries + n * view.dims, found).Run(ranks[rank_count - 1]);
    found.Tighten();
    float* out = distances + n * rank_count;
    if (rank_count <= kFewRanks) {
      for (int i = 0; i < rank_count; ++i) out[i] = std::sqrt(found.Select(ranks[i]));
      continue;
    }
    const float* sorted = found.Sorted();
    for (int i = 0; i < rank_count; ++i)
      out[i] = ranks[i] > found.size() ? kInfinity : std::sqrt(sorted[ranks[i] - 1]);
  }
}

void SearchTree(const NearestView& view, const float* queries, int64_t query_count, const int* ranks,
                int rank_count, float* distances) {
  const auto search = view.dims == 3   ? SearchOf<3>
                      : view.dims == 4 ? SearchOf<4>
                      : view.dims == 5 ? SearchOf<5>
                                       : SearchOf<0>;
  search(view, queries, query_count, ranks, rank_count, distances);
}

constexpr int kTogether = 4;  // points that share the loads of a code

template <int kPoints>
HWY_INLINE void SearchCodebookOf(const float* columns, const float* halves, int padded, int dims,
                                 const float* points, int32_t* index) {
  const Tag d;
  const hn::RebindToSigned<Tag> whole;
  hn::Vec<Tag> best[kPoints];
  hn::Vec<hn::RebindToSigned<Tag>> where[kPoints];
  for (int p = 0; p < kPoints; ++p) {
    best[p] = hn::Set(d, kInfinity);
    where[p] = hn::Zero(whole);
  }
  auto number = hn::Iota(whole, 0);
  for (int64_t at = 0; at < padded; at += VectorLanes()) {
    hn::Vec<Tag> score[kPoints];
    for (int p = 0; p < kPoints; ++p) score[p] = hn::LoadU(d, halves + at);
    for (int dim = 0; dim < dims; ++dim) {
      const auto column = hn::LoadU(d, columns + static_cast<int64_t>(dim) * padded + at);
      for (int p = 0; p < kPoints; ++p)
        score[p] = hn::NegMulAdd(hn::Set(d, points[p * dims + dim]), column, score[p]);
    }
    for (int p = 0; p < kPoints; ++p) {
      const auto less = hn::Lt(score[p], best[p]);
      best[p] = hn::IfThenElse(less, score[p], best[p]);
      where[p] = hn::IfThenElse(hn::RebindMask(whole, less), number, where[p]);
    }
    number = hn::Add(number, hn::Set(whole, static_cast<int32_t>(VectorLanes())));
  }
  for (int p = 0; p < kPoints; ++p) {
    const auto least = hn::MinOfLanes(d, best[p]);
    const auto others = hn::Set(whole, std::numeric_limits<int32_t>::max());
    const auto ties = hn::IfThenElse(hn::RebindMask(whole, hn::Eq(best[p], least)), where[p], others);
    const int32_t found = hn::GetLane(hn::MinOfLanes(whole, ties));
    index[p] = found == std::numeric_limits<int32_t>::max() ? 0 : found;
  }
}

void SearchCodebook(const float* columns, const float* halves, int padded, int dims, const float* points,
                    int64_t count, int32_t* index) {
  int64_t n = 0;
  for (; n + kTogether <= count; n += kTogether)
    SearchCodebookOf<kTogether>(columns, halves, padded, dims, points + n * dims, index + n);
  for (; n < count; ++n) SearchCodebookOf<1>(columns, halves, padded, dims, points + n * dims, index + n);
}

void LowerDistancesTo(const float* columns, int64_t stride, int64_t count, int dims, const float* point,
                      float* low) {
  const Tag d;
  for (int64_t i = 0; i < count; i += VectorLanes()) {
    auto sum = hn::Zero(d);
    for (int dim = 0; dim < dims; ++dim) {
      const auto difference = hn::Sub(hn::LoadU(d, columns + dim * stride + i), hn::Set(d, point[dim]));
      sum = hn::MulAdd(difference, difference, sum);
    }
    hn::StoreU(hn::Min(sum, hn::LoadU(d, low + i)), d, low + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quaver::internal
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quaver::internal {

HWY_EXPORT(SearchTree);
HWY_EXPORT(SearchCodebook);
HWY_EXPORT(LowerDistancesTo);

void NearestIndex::Search(const float* queries, int64_t query_count, const int* ranks, int rank_count,
                          float* distances) const {
  HWY_DYNAMIC_DISPATCH(SearchTree)(NearestView(*this), queries, query_count, ranks, rank_count, distances);
}

CodebookSearch::CodebookSearch(const float* codes, int count, int dims)
    : padded_((count + 15) / 16 * 16),
      dims_(dims),
      columns_(static_cast<size_t>(padded_) * dims, 0.0f),
      halves_(static_cast<size_t>(padded_), std::numeric_limits<float>::infinity()) {
  for (int code = 0; code < count; ++code) {
    double square = 0;
    for (int dim = 0; dim < dims; ++dim) {
      const float x = codes[static_cast<size_t>(code) * dims + dim];
      columns_[static_cast<size_t>(dim) * padded_ + code] = x;
      square += static_cast<double>(x) * x;
    }
    halves_[static_cast<size_t>(code)] = static_cast<float>(square / 2);
  }
}

void CodebookSearch::Nearest(const float* points, int64_t count, int32_t* index) const {
  HWY_DYNAMIC_DISPATCH(SearchCodebook)
  (columns_.data(), halves_.data(), padded_, dims_, points, count, index);
}

void LowerDistances(const float* columns, int64_t stride, int64_t count, int dims, const float* point,
                    float* low) {
  HWY_DYNAMIC_DISPATCH(LowerDistancesTo)(columns, stride, count, dims, point, low);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
