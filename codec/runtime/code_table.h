// A codebook, laid out for the search of nearest.h.
#ifndef QUAVER_CODEC_RUNTIME_CODE_TABLE_H_
#define QUAVER_CODEC_RUNTIME_CODE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/runtime/buffer.h"

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

  // codes [count, dims], finite: 1 .. kMaxCodes of them, 1 .. kMaxDims dimensions.
  CodeTable(std::span<const float> codes, int dims);

  int count() const { return count_; }
  int dims() const { return dims_; }
  float At(int code, int dim) const {
    const int slot = slots_[static_cast<size_t>(code)];
    return Leaf(slot / kLeaf)[dim * kLeaf + slot % kLeaf];
  }

  int leaves() const { return leaves_; }  // a multiple of kLanes
  // [dims, kLeaf]: the codes' values, NaN where there is none; then their numbers, so that one piece of
  // memory is all that a visit needs.
  const float* Leaf(int leaf) const { return leaf_data_.data() + leaf * LeafSize(); }
  const uint16_t* Numbers(int leaf) const {
    return reinterpret_cast<const uint16_t*>(Leaf(leaf) + dims_ * kLeaf);
  }
  size_t LeafSize() const { return static_cast<size_t>(dims_) * kLeaf + kLeaf / 2; }  // floats
  // [leaves]: the edges of the boxes in one dimension.
  const float* Low(int dim) const { return boxes_.data() + 2 * static_cast<size_t>(dim) * leaves_; }
  const float* High(int dim) const { return Low(dim) + leaves_; }
  size_t BoxesSize() const { return boxes_.size(); }  // floats from Low(0) on
  // Sum over the dimensions of the largest square in each: no code and no corner has a larger squared norm.
  float reach() const { return reach_; }

 private:
  void FillLeaf(int leaf, std::span<const int32_t> members, std::span<const float> codes);

  int count_;
  int dims_;
  int leaves_;
  float reach_ = 0;
  Buffer leaf_data_;
  Buffer boxes_;
  std::vector<uint16_t> slots_;  // where a code lies: kLeaf * leaf + place
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_CODE_TABLE_H_
