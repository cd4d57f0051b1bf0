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
