// The nearest code of a codebook, exactly, through Highway with dynamic dispatch.
#ifndef QUAVER_CODEC_RUNTIME_NEAREST_H_
#define QUAVER_CODEC_RUNTIME_NEAREST_H_

#include <cstdint>
#include <span>

#include "codec/runtime/code_table.h"

namespace quaver::internal {

// x [groups, dims] -> nearest [groups]: the code c with the smallest sum of (c / 2 - x) c, which is that with
// the smallest distance; of equals the one with the lowest number. `tables` has one table for each group, or
// one for all.
//
// Leaves whose box is farther than the best code of the nearest box are passed over, by a margin that is
// beyond all rounding, so what is found is what a search of all codes finds. One accumulator for each code
// takes the dimensions in order: the width of a vector changes nothing. Values of x that are not finite count
// as 0, and all are clamped to +-1e6.
void Nearest(std::span<const CodeTable> tables, const float* x, int groups, uint16_t* nearest);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_NEAREST_H_
