#include "codec/model/half.h"

namespace quaver {
namespace {

// value / 2^shift, nearest, ties to even; 1 <= shift <= 31.
uint32_t ShiftRounded(uint32_t value, uint32_t shift) {
  const uint32_t odd = (value >> shift) & 1u;
  return (value + (1u << (shift - 1)) - 1u + odd) >> shift;
}

}  // namespace

uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  uint32_t half = 0;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u | ((magnitude >> 13) & 0x3FFu);
  } else if (magnitude >= 0x47800000u) {  // 2^16 and more
    half = 0x7C00u;
  } else if (magnitude >= 0x38800000u) {  // 2^-14 and more: normal; rounding may carry up to infinity
    half = ShiftRounded(magnitude - (112u << 23), 13);
  } else if (magnitude >= 0x33000000u) {  // 2^-25 and more: subnormal, in units of 2^-24
    half = ShiftRounded((magnitude & 0x7FFFFFu) | 0x800000u, 126u - (magnitude >> 23));
  }
  return static_cast<uint16_t>(sign | half);
}

}  // namespace quaver
