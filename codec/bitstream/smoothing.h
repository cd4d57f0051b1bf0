// Internal: from counts to frequency tables.
#ifndef QUAVER_CODEC_BITSTREAM_SMOOTHING_H_
#define QUAVER_CODEC_BITSTREAM_SMOOTHING_H_

#include <cstdint>
#include <span>
#include <vector>

namespace quaver {

// Probabilities of one digit under each of its contexts, from `counts` [radix + 1, lower, radix], where the
// first axis is the digit of the frame before plus one (0: none) and lower = product of `lower_radix`. Each
// table mixes its counts with a coarser one, p = (n + s * p_coarser) / (N + s) (Dirichlet prior; MacKay and
// Peto, 1995), down to the uniform table. The strengths s, and whether the lower digits or the frame before
// is given up first, are those with the highest leave-one-out likelihood. Returns [radix + 1, lower, radix].
std::vector<double> SmoothDigit(std::span<const uint32_t> counts, int radix,
                                std::span<const int> lower_radix);

// Rounds probabilities to frequencies of at least 1 that sum to 1 << kFrequencyBits.
void QuantiseTable(std::span<const double> probabilities, std::span<uint16_t> frequencies);

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_SMOOTHING_H_
