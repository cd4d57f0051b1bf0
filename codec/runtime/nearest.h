// The nearest code of a codebook, exactly, through Highway with dynamic dispatch.
#ifndef QUAVER_CODEC_RUNTIME_NEAREST_H_
#define QUAVER_CODEC_RUNTIME_NEAREST_H_

#include <cstdint>

#include "codec/runtime/code_table.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {

// x [rows, dims] -> nearest[row * step]: the code c with the smallest |c|^2 / 2 - x.c, which is that with the
// smallest distance; of equals the one with the lowest number. Leaves whose box is farther than the best code
// of the nearest box are passed over, by a margin that is beyond all rounding, so what is found is what a
// search of all codes finds. One accumulator for each code, which takes the dimensions in order: neither the
// number of rows nor the width of a vector changes what is found. Values of x that are not finite count as 0,
// and all are clamped to +-1e6.
void Nearest(const CodeTable& table, ConstRows x, int rows, uint16_t* nearest, int step);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_NEAREST_H_
