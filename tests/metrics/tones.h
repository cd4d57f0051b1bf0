// Sound with a known pitch, and noise.
#ifndef QUAVER_TESTS_METRICS_TONES_H_
#define QUAVER_TESTS_METRICS_TONES_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

namespace quaver {

// A voice of `seconds` at 16 kHz whose pitch in Hz follows from the time in seconds: harmonics up to 3 kHz
// that fall off by 1 / n.
inline std::vector<float> Voice(double seconds, const std::function<double(double)>& hertz) {
  std::vector<float> out(static_cast<size_t>(seconds * 16000));
  double phase = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    const double now = hertz(static_cast<double>(i) / 16000);
    phase += 2 * std::numbers::pi * now / 16000;
    double sum = 0;
    for (int n = 1; n * now < 3000; ++n) sum += std::sin(n * phase) / n;
    out[i] = static_cast<float>(0.2 * sum);
  }
  return out;
}

inline std::vector<float> WhiteNoise(size_t samples, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.1F);
  std::vector<float> out(samples);
  for (float& x : out) x = normal(random);
  return out;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_METRICS_TONES_H_
