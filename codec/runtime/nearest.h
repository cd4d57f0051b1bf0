// The nearest code of a codebook, by exhaustive search, through Highway with dynamic dispatch.
#ifndef QUAVER_CODEC_RUNTIME_NEAREST_H_
#define QUAVER_CODEC_RUNTIME_NEAREST_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/runtime/buffer.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {

// A codebook in blocks of kBlock codes: half the squared norm of each, then its values dimension by
// dimension. The norms that fill the last block up are infinite.
class CodeTable {
 public:
  static constexpr int kBlock = 64;
  static constexpr int kMaxDims = 16;

  // codes [count, dims], 1 .. 65535 of them, dims 1 .. kMaxDims.
  CodeTable(std::span<const float> codes, int dims);

  int count() const { return count_; }
  int dims() const { return dims_; }
  int blocks() const { return (count_ + kBlock - 1) / kBlock; }
  const float* Block(int block) const { return data_.data() + static_cast<size_t>(block) * block_size(); }
  float At(int code, int dim) const { return Block(code / kBlock)[(dim + 1) * kBlock + code % kBlock]; }

 private:
  size_t block_size() const { return static_cast<size_t>(dims_ + 1) * kBlock; }

  int count_;
  int dims_;
  Buffer data_;
};

// x [rows, dims] -> nearest[row * step], the code c with the smallest |c|^2 / 2 - x.c, which is that with the
// smallest distance; of equals the first. One accumulator for each code, which takes the dimensions in order,
// so neither the number of rows nor the width of a vector changes what is found. Values of x that are not
// finite count as 0, and all are clamped to +-1e6.
void Nearest(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_NEAREST_H_
