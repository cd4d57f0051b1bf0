// Bits of a packet are known only when it is coded, so the next packet's n_q follows from those before: it is
// the largest number of tokens whose expected cost fits what the rate gives for its frames, plus or minus
// half of what was saved or overspent so far. The cost of a token is an exponential average over about 4
// seconds of what tokens have cost. Giving back half of the balance each time is a proportional controller:
// it closes a gap in a few packets and does not oscillate.
//
// Two bounds keep silence from running away with the rate: a token never counts as cheaper than 3/4 of what
// the model expects (least_cost_), and at most half a second of the rate can be saved (most_saved_).
// Invariant: what is saved is at most that, and what was overspent is paid back by the packets that follow,
// unless one token a frame is already more than the rate.
#include "codec/encode/rate_control.h"

#include <algorithm>
#include <cmath>

namespace quaver {
namespace {

constexpr double kMemory = 4;        // seconds over which the cost of a token is averaged
constexpr double kReturned = 0.5;    // of what was saved, to the next packet
constexpr double kMostSaved = 0.5;   // seconds of the rate
constexpr double kLeastCost = 0.75;  // of the expected cost

// Bits of one token of a frame at the last n_q that the rate allows.
double ExpectedCost(double bits_per_second, double frames_per_second, const std::vector<double>& expected) {
  size_t n_q = expected.size();
  while (n_q > 1 && expected[n_q - 1] > bits_per_second) --n_q;
  return expected[n_q - 1] / frames_per_second / static_cast<double>(n_q);
}

}  // namespace

RateControl::RateControl(double bits_per_second, double frames_per_second,
                         const std::vector<double>& expected)
    : bits_per_frame_(bits_per_second / frames_per_second),
      most_saved_(kMostSaved * bits_per_second),
      least_cost_(kLeastCost * ExpectedCost(bits_per_second, frames_per_second, expected)),
      memory_(kMemory * frames_per_second),
      groups_(static_cast<int>(expected.size())),
      cost_(least_cost_ / kLeastCost) {}

int RateControl::Clamp(double n_q) const {
  return static_cast<int>(std::clamp(n_q, 1.0, static_cast<double>(groups_)));
}

int RateControl::TypicalTokens() const {
  return Clamp(std::round(bits_per_frame_ * kLeastCost / least_cost_));
}

int RateControl::NextTokens(int frames) const {
  const double bits = frames * bits_per_frame_ + kReturned * saved_;
  return Clamp(std::floor(bits / (cost_ * frames)));
}

void RateControl::Update(int frames, int n_q, size_t bytes) {
  const double bits = 8 * static_cast<double>(bytes);
  const double weight = std::min(1.0, frames / memory_);
  cost_ = std::max(least_cost_, cost_ + weight * (bits / (frames * n_q) - cost_));
  saved_ = std::min(most_saved_, saved_ + frames * bits_per_frame_ - bits);
}

}  // namespace quaver
