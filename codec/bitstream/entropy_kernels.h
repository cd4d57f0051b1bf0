// The one kernel of entropy_network.h, through Highway with dynamic dispatch. Integers: the same on every
// machine.
#ifndef QUAVER_CODEC_BITSTREAM_ENTROPY_KERNELS_H_
#define QUAVER_CODEC_BITSTREAM_ENTROPY_KERNELS_H_

#include <cstdint>

namespace quaver::internal {

inline constexpr int kEntropyLanes = 16;  // widths are multiples of it

// sums[i] += sum over p of weights[p][i][0] inputs[p][0] + weights[p][i][1] inputs[p][1]:
// weights [pairs, width, 2], inputs [pairs, 2], sums [width]. The caller knows that no sum overflows.
void AddPairs(const int16_t* weights, const int16_t* inputs, int pairs, int width, int32_t* sums);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_BITSTREAM_ENTROPY_KERNELS_H_
