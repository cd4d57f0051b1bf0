// Numbers from a random state that are the same with every standard library.
#ifndef QUAVER_CODEC_TRAIN_DATA_RANDOM_H_
#define QUAVER_CODEC_TRAIN_DATA_RANDOM_H_

#include <cmath>
#include <cstdint>
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

// Mean 0, variance 1, within -3.5 .. 3.5: the sum of four uniform numbers of 16 bits, close to Gaussian and
// cheap.
inline double NearlyGaussian(std::mt19937_64& random) {
  const uint64_t bits = random();
  const uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
  return (static_cast<double>(sum) - 2 * 65535.0) * (std::numbers::sqrt3 / 65536);
}

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_RANDOM_H_
