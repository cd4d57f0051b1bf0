// IEEE 754 binary16 (F16) <-> binary32, in plain C++: the same bits on every machine and in every rounding or
// flush-to-zero mode of the processor.
#ifndef QUAVER_CODEC_MODEL_HALF_H_
#define QUAVER_CODEC_MODEL_HALF_H_

#include <bit>
#include <cstdint>

namespace quaver {

// Exact for every half. Infinities and NaNs stay what they are.
inline float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7FFFu) << 13;
  const uint32_t exponent = half & 0x7C00u;
  uint32_t bits = magnitude + (112u << 23);     // rebias 15 -> 127
  if (exponent == 0x7C00u) bits += 112u << 23;  // infinity, NaN: all ones again
  if (exponent == 0) {                          // subnormal: (1 + m / 1024) 2^-14 - 2^-14
    bits = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude | (113u << 23)) - 0x1p-14f);
  }
  return std::bit_cast<float>(bits | sign);
}

// Nearest half, ties to even. Magnitudes from 65520 on become infinity; a NaN stays a (quiet) NaN.
uint16_t FloatToHalf(float value);

inline bool HalfIsFinite(uint16_t half) { return (half & 0x7C00u) != 0x7C00u; }

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_HALF_H_
