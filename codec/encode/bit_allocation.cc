// Which tokens a frame should get so that the sum of the costs is least while the bits stay within a budget
// is a problem with one constraint. Its Lagrangian, cost + price * bits, has none (Shoham and Gersho,
// "Efficient bit allocation for an arbitrary set of quantizers", 1988): for a fixed price AllocateAtPrice
// finds the best numbers exactly, and AllocateBits finds the lowest price that fits the budget by bisection
// of its logarithm.
//
// The bits of a frame depend on the frame before, since a change of the number costs extra. So it is a search
// for the cheapest path, by dynamic programming (Viterbi): least[n] is the cost of the best path up to this
// frame that ends with n + 1 tokens. A path comes either from the same number or from the cheapest of all
// with a change, so a frame takes O(most) steps, not O(most^2). Invariant: bits never grow with the price.
#include "codec/encode/bit_allocation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace quaver {
namespace {

constexpr double kHighestPrice = 1e3;
constexpr int kHalvings = 40;

}  // namespace

std::vector<int> AllocateAtPrice(const FrameCosts& frames, double change, double price) {
  const size_t most = frames.most(), count = frames.frames();
  std::vector<double> least(most), own(most);  // of all ways that end with that many tokens
  std::vector<uint8_t> changed(count * most);  // did the best such way change there?
  std::vector<uint8_t> cheapest(count);        // what the frame before had then
  for (size_t frame = 0; frame < count; ++frame) {
    for (size_t n = 0; n < most; ++n) own[n] = frames.cost[frame * most + n] + price * frames.bits[n];
    if (frame == 0) {
      least = own;
      continue;
    }
    const auto best = std::min_element(least.begin(), least.end());
    cheapest[frame] = static_cast<uint8_t>(best - least.begin());
    const double elsewhere = *best + price * change;
    for (size_t n = 0; n < most; ++n) {
      changed[frame * most + n] = elsewhere < least[n] ? 1 : 0;
      least[n] = std::min(least[n], elsewhere) + own[n];
    }
  }
  std::vector<int> n_q(count);
  auto now = static_cast<size_t>(std::min_element(least.begin(), least.end()) - least.begin());
  for (size_t frame = count; frame-- > 0;) {
    n_q[frame] = static_cast<int>(now) + 1;
    if (changed[frame * most + now] != 0) now = cheapest[frame];
  }
  return n_q;
}

double BitsOf(const FrameCosts& frames, double change, std::span<const int> n_q) {
  double bits = 0;
  for (size_t frame = 0; frame < n_q.size(); ++frame) {
    bits += frames.bits[static_cast<size_t>(n_q[frame] - 1)];
    if (frame > 0 && n_q[frame] != n_q[frame - 1]) bits += change;
  }
  return bits;
}

Allocation AllocateBits(const FrameCosts& frames, double change, double budget) {
  double low = std::log(kLeastPrice), high = std::log(kHighestPrice);
  Allocation cheapest = {AllocateAtPrice(frames, change, kHighestPrice), kHighestPrice};
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    auto n_q = AllocateAtPrice(frames, change, std::exp(middle));
    const bool fits = BitsOf(frames, change, n_q) <= budget;
    (fits ? high : low) = middle;
    if (fits) cheapest = {std::move(n_q), std::exp(middle)};
  }
  return cheapest;
}

}  // namespace quaver
