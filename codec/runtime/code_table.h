// A codebook, laid out for the search of nearest.h.
#ifndef QUAVER_CODEC_RUNTIME_CODE_TABLE_H_
#define QUAVER_CODEC_RUNTIME_CODE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/runtime/arena.h"

namespace quaver::internal {

// Codes that lie together share a leaf of kLeaf: those of a k-d tree (Bentley, 1975) that is cut at the
// median of the widest dimension. Each leaf has a box; boxes without codes are infinitely far.
class CodeTable {
 public:
  static constexpr int kLanes = 16;  // of the widest vector
  static constexpr int kLeaf = 32;   // codes
  static constexpr int kMaxDims = 16;
  static constexpr int kMaxCodes = 16384;
  static constexpr int kMaxLeaves = kMaxCodes / kLeaf;

  // codes [count, dims], finite: 1 .. kMaxCodes of them, 1 .. kMaxDims dimensions. The table lives in
  // `arena`.
  CodeTable(Arena& arena, std::span<const float> codes, int dims);

  int count() const { return count_; }
  int dims() const { return dims_; }
  float At(int code, int dim) const {
    const int slot = slots_[code];
    return Leaf(slot / kLeaf)[(1 + dim) * kLeaf + slot % kLeaf];
  }

  int leaves() const { return leaves_; }  // a multiple of kLanes
  // [1 + dims, kLeaf]: half the squared norm of each code, infinite where there is none, and its values; then
  // the codes' numbers. One piece of memory is all that a visit needs.
  const float* Leaf(int leaf) const { return leaf_data_ + leaf * LeafSize(); }
  const uint16_t* Numbers(int leaf) const {
    return reinterpret_cast<const uint16_t*>(Leaf(leaf) + (1 + dims_) * kLeaf);
  }
  size_t LeafSize() const { return static_cast<size_t>(1 + dims_) * kLeaf + kLeaf / 2; }  // floats
  // [leaves / kLanes, dims, 2, kLanes]: the low and the high edges of the boxes.
  const float* Boxes() const { return boxes_; }
  size_t BoxesSize() const { return 2 * static_cast<size_t>(dims_) * leaves_; }  // floats
  // Sum over the dimensions of the largest square in each: no code and no corner has a larger squared norm.
  float reach() const { return reach_; }

 private:
  void FillLeaf(int leaf, std::span<const int32_t> members, std::span<const float> codes);

  int count_;
  int dims_;
  int leaves_;
  float reach_ = 0;
  float* leaf_data_;
  float* boxes_;
  uint16_t* slots_;  // where a code lies: kLeaf * leaf + place
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_CODE_TABLE_H_
