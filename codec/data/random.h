// Numbers from a random state that are the same with every standard library.
#ifndef QUAVER_CODEC_DATA_RANDOM_H_
#define QUAVER_CODEC_DATA_RANDOM_H_

#include <cmath>
#include <numbers>
#include <random>

namespace quaver {

// 0 <= x < 1.
inline double Uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

inline double Uniform(std::mt19937_64& random, double low, double high) {
  return low + Uniform(random) * (high - low);
}

// Uniform in the logarithm.
inline double LogUniform(std::mt19937_64& random, double low, double high) {
  return low * std::pow(high / low, Uniform(random));
}

// With probability 0 nothing is drawn.
inline bool Chance(std::mt19937_64& random, double probability) {
  return probability > 0 && Uniform(random) < probability;
}

// Mean 0, variance 1 (Box and Muller, 1958).
inline double Gaussian(std::mt19937_64& random) {
  const double radius = std::sqrt(-2 * std::log(1 - Uniform(random)));
  return radius * std::cos(2 * std::numbers::pi * Uniform(random));
}

}  // namespace quaver

#endif  // QUAVER_CODEC_DATA_RANDOM_H_
