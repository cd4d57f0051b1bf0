// Samples at the edges of the codec: floats of which full scale is -1 .. 1, and 16-bit integers.
#ifndef QUAVER_CODEC_SAMPLES_H_
#define QUAVER_CODEC_SAMPLES_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace quaver {

inline constexpr float kMaxSample = 16.0f;  // 24 dB over full scale

// A sample as the encoder takes it, and so whatever measures or weighs the encoder's input has to: limited to
// -kMaxSample .. kMaxSample; 0 if it is not finite.
inline float ClampSample(float sample) {
  return std::isfinite(sample) ? std::clamp(sample, -kMaxSample, kMaxSample) : 0.0f;
}

// sample / 32768, exactly.
inline float FromPcm16(int16_t sample) { return static_cast<float>(sample) / 32768.0f; }

// 32768 * sample, rounded to the nearest integer, halves to the even one, after a clamp to -32768 .. 32767:
// full scale is limited and never wraps. 0 if it is not finite.
inline int16_t ToPcm16(float sample) {
  if (!std::isfinite(sample)) return 0;
  return static_cast<int16_t>(std::lrint(std::clamp(sample * 32768.0f, -32768.0f, 32767.0f)));
}

}  // namespace quaver

#endif  // QUAVER_CODEC_SAMPLES_H_
