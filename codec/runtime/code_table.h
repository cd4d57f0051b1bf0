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
// median of the widest dimension. Each leaf has a box. What fills up the last leaves is infinitely far.
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
    return Leaf(slot / kLeaf)[(dim + 1) * kLeaf + slot % kLeaf];
  }

  int leaves() const { return leaves_; }  // a multiple of kLanes
  // [1 + dims, kLeaf]: half the squared norm of each code, then its values.
  const float* Leaf(int leaf) const { return leaf_data_.data() + leaf * LeafSize(); }
  // [kLeaf]: the codes' numbers; INT32_MAX where there is none.
  const int32_t* Numbers(int leaf) const { return &numbers_[static_cast<size_t>(leaf) * kLeaf]; }
  // [leaves]: the edges of the boxes in one dimension.
  const float* Low(int dim) const { return boxes_.data() + 2 * static_cast<size_t>(dim) * leaves_; }
  const float* High(int dim) const { return Low(dim) + leaves_; }
  // Sum over the dimensions of the largest square in each: no code and no corner has a larger squared norm.
  float reach() const { return reach_; }

 private:
  size_t LeafSize() const { return static_cast<size_t>(dims_ + 1) * kLeaf; }
  void FillLeaf(int leaf, std::span<const int32_t> members, std::span<const float> codes);

  int count_;
  int dims_;
  int leaves_;
  float reach_ = 0;
  Buffer leaf_data_;
  Buffer boxes_;
  std::vector<int32_t> numbers_;
  std::vector<uint16_t> slots_;  // where a code lies: kLeaf * leaf + place
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_CODE_TABLE_H_
