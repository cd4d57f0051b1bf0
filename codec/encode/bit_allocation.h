// Where bits are worth most (encode --effort).
#ifndef QUAVER_CODEC_ENCODE_BIT_ALLOCATION_H_
#define QUAVER_CODEC_ENCODE_BIT_ALLOCATION_H_

#include <span>
#include <vector>

namespace quaver {

// What frames of a sound would suffer with each number of tokens.
struct FrameCosts {
  std::vector<double> bits;  // [most]: of a frame with 1 .. most tokens, growing
  std::vector<double> cost;  // [frames, most], row by row, at least 0

  size_t most() const { return bits.size(); }
  size_t frames() const { return cost.size() / bits.size(); }
};

// The tokens of each frame, 1 .. most, with the least sum of costs for the bits that they take: the bits of
// the frames, and `change` for each frame that has another number than the one before. Those that `price`
// (cost a bit) buys, by dynamic programming over all ways.
std::vector<int> AllocateAtPrice(const FrameCosts& frames, double change, double price);

// Speech at 1.5 kbit/s pays 1e-2 .. 3e-2, at 6 kbit/s 2e-4 .. 4e-4; what a bit brings below this is not
// heard.
inline constexpr double kLeastPrice = 1e-5;

struct Allocation {
  std::vector<int> n_q;  // tokens of each frame
  double price = 0;      // at which they were bought
};

// The same at the lowest price, at least kLeastPrice, at which bits and changes are `budget` or less; one
// token a frame if that is more already.
Allocation AllocateBits(const FrameCosts& frames, double change, double budget);

// What such tokens take.
double BitsOf(const FrameCosts& frames, double change, std::span<const int> n_q);

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_BIT_ALLOCATION_H_
