// Index arithmetic of FSP: latents <-> levels <-> token. Shared by training and runtime.
#ifndef QUAVER_CODEC_QUANTIZE_FSP_H_
#define QUAVER_CODEC_QUANTIZE_FSP_H_

#include <cmath>
#include <cstdint>
#include <span>

namespace quaver {

inline constexpr float kSqrt12 = 3.4641016151377544f;

// Level of z in [0, 1] among `levels` cells of equal width: 0 .. levels - 1. NaN gives 0.
inline int FspLevel(float z, int levels) {
  const float scaled = z * static_cast<float>(levels);
  if (!(scaled > 0.0f)) return 0;
  const int level =
      static_cast<int>(scaled < static_cast<float>(levels) ? scaled : static_cast<float>(levels - 1));
  return level < levels ? level : levels - 1;
}

// What the decoder sees of a level: its centroid, scaled to unit variance: sqrt(12) ((level + 1/2) / levels -
// 1/2).
inline float FspValue(int level, int levels) {
  return kSqrt12 * ((static_cast<float>(level) + 0.5f) / static_cast<float>(levels) - 0.5f);
}

// Mixed radix, first dimension fastest: token = sum of level[i] * (levels[0] * ... * levels[i - 1]).
inline int FspToken(std::span<const int> level, std::span<const int> levels) {
  int token = 0;
  for (size_t i = levels.size(); i-- > 0;) token = token * levels[i] + level[i];
  return token;
}

}  // namespace quaver

#endif  // QUAVER_CODEC_QUANTIZE_FSP_H_
