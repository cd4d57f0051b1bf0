// The damage that make_fixture.py does to clips, in plain arithmetic that C++ and NumPy do alike.
#ifndef QUAVER_TESTS_METRICS_DAMAGE_H_
#define QUAVER_TESTS_METRICS_DAMAGE_H_

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quaver {

using Signal = std::vector<double>;

inline Signal Quantised(Signal x) {
  for (double& v : x) v = std::floor(v * 16 + 0.5) / 16;
  return x;
}

inline Signal Echo(Signal x) {
  for (size_t i = 800; i < x.size(); ++i) x[i] += 0.5 * x[i - 800];
  return x;
}

inline Signal Noisy(Signal x) {
  uint32_t state = 1;
  Signal noise;
  double power = 0;
  double noise_power = 0;
  for (const double v : x) {
    state = 1664525 * state + 1013904223;
    noise.push_back(static_cast<double>(state >> 8) / 8388608.0 - 1);
    power += v * v;
    noise_power += noise.back() * noise.back();
  }
  const double gain = std::sqrt(power / noise_power / 10);
  for (size_t i = 0; i < x.size(); ++i) x[i] += gain * noise[i];
  return x;
}

inline Signal Lowpass(const Signal& x) {
  Signal y(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = i < 2 ? 0 : i - 2; j <= i + 2 && j < x.size(); ++j) y[i] += x[j] / 5;
  }
  return y;
}

inline std::vector<float> Damaged(std::span<const float> clip, const std::string& damage) {
  Signal x(clip.begin(), clip.end());
  if (damage == "quantised") x = Quantised(x);
  if (damage == "echo") x = Echo(x);
  if (damage == "noisy") x = Noisy(x);
  if (damage == "lowpass") x = Lowpass(x);
  return {x.begin(), x.end()};
}

}  // namespace quaver

#endif  // QUAVER_TESTS_METRICS_DAMAGE_H_
