// Scalable vectors cannot stand in arrays; those machines have a fixed-size target too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/runtime/nearest.cc"
// clang-format off: the order matters
#include "hwy/foreach_target.h"  // includes this file once for every instruction set
// clang-format on

#include <algorithm>
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
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag()));
constexpr int kTileRows = kLanes >= 16 ? 4 : 2;  // searched for at once, as many as the registers hold

// |c|^2 / 2 - x.c of the codes from `lane` on of a block.
template <int kDims>
HWY_INLINE Vec Distance(const float* block, const Vec* x, int dims, int lane) {
  const Tag d;
  const float* at = block + lane;
  Vec sum = hn::Load(d, at);
  for (int i = 0; i < (kDims > 0 ? kDims : dims); ++i) {
    at += CodeTable::kBlock;
    sum = hn::NegMulAdd(x[i], hn::Load(d, at), sum);
  }
  return sum;
}

// The first code of the block whose distance is `least`; the first of all if there is none.
template <int kDims>
HWY_INLINE int FirstOf(const float* block, const Vec* x, int dims, Vec least) {
  for (int lane = 0; lane < CodeTable::kBlock; lane += kLanes) {
    const auto found = hn::FindFirstTrue(Tag(), hn::Eq(Distance<kDims>(block, x, dims, lane), least));
    if (found >= 0) return lane + static_cast<int>(found);
  }
  return 0;
}

// What each lane has met so far: its smallest distance, and the block that it was in.
template <int kRows, int kDims>
HWY_INLINE void Search(const CodeTable& table, ConstRows x, uint16_t* nearest, int step) {
  const Tag d;
  const IntTag di;
  const int dims = kDims > 0 ? kDims : table.dims();
  Vec query[kRows][kDims > 0 ? kDims : CodeTable::kMaxDims];
  Vec least[kRows];
  hn::Vec<IntTag> where[kRows];
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < dims; ++i) {
      const float value = x.data[static_cast<size_t>(r) * x.stride + i];
      query[r][i] = hn::Set(d, std::isfinite(value) ? std::clamp(value, -1e6f, 1e6f) : 0.0f);
    }
    least[r] = hn::Set(d, std::numeric_limits<float>::infinity());
    where[r] = hn::Zero(di);
  }
  for (int block = 0; block < table.blocks(); ++block) {
    const float* codes = table.Block(block);
    Vec best[kRows];
    for (int r = 0; r < kRows; ++r) best[r] = Distance<kDims>(codes, query[r], dims, 0);
    for (int lane = kLanes; lane < CodeTable::kBlock; lane += kLanes) {
      for (int r = 0; r < kRows; ++r)
        best[r] = hn::Min(best[r], Distance<kDims>(codes, query[r], dims, lane));
    }
    for (int r = 0; r < kRows; ++r) {
      const auto closer = hn::Lt(best[r], least[r]);
      least[r] = hn::IfThenElse(closer, best[r], least[r]);
      where[r] = hn::IfThenElse(hn::RebindMask(di, closer), hn::Set(di, block), where[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const Vec smallest = hn::MinOfLanes(d, least[r]);
    const auto met = hn::RebindMask(di, hn::Eq(least[r], smallest));
    const int block = hn::GetLane(hn::MinOfLanes(di, hn::IfThenElse(met, where[r], hn::Set(di, INT_MAX))));
    const int code = block * CodeTable::kBlock + FirstOf<kDims>(table.Block(block), query[r], dims, smallest);
    nearest[r * step] = static_cast<uint16_t>(code < table.count() ? code : 0);
  }
}

template <int kDims>
HWY_INLINE void SearchRows(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step) {
  int row = 0;
  const auto from = [&] { return ConstRows(x.data + static_cast<size_t>(row) * x.stride, x.stride); };
  for (; row + kTileRows <= rows; row += kTileRows)
    Search<kTileRows, kDims>(table, from(), nearest + static_cast<size_t>(row) * step, step);
  for (; row < rows; ++row) Search<1, kDims>(table, from(), nearest + static_cast<size_t>(row) * step, step);
}

void NearestRows(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step) {
  switch (table.dims()) {  // those of the papers, and any other
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

CodeTable::CodeTable(std::span<const float> codes, int dims)
    : count_(static_cast<int>(codes.size()) / dims),
      dims_(dims),
      data_(static_cast<size_t>(blocks()) * block_size()) {
  for (int code = 0; code < blocks() * kBlock; ++code) {
    float* at = data_.data() + static_cast<size_t>(code / kBlock) * block_size() + code % kBlock;
    if (code >= count_) {
      *at = std::numeric_limits<float>::infinity();
      continue;
    }
    double norm = 0;
    for (int i = 0; i < dims; ++i) {
      const float value = codes[static_cast<size_t>(code) * dims + i];
      norm += static_cast<double>(value) * value;
      at[(i + 1) * kBlock] = value;
    }
    *at = static_cast<float>(norm / 2);
  }
}

void Nearest(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step) {
  HWY_DYNAMIC_DISPATCH(NearestRows)(table, x, rows, nearest, step);
}

}  // namespace quaver::internal
#endif  // HWY_ONCE
