#include "codec/model/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace quaver {
namespace {

constexpr uint32_t kInfinity = 0x7C00;

// The value by the definition of binary16, with no bit tricks; finite halves only.
double Definition(uint32_t half) {
  const int exponent = static_cast<int>((half >> 10) & 31);
  const double fraction = half & 0x3FF;
  const double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return half & 0x8000 ? -value : value;
}

uint16_t Negative(uint32_t half) { return static_cast<uint16_t>(half | 0x8000); }

TEST(Half, EveryHalfIsPromotedExactlyAndComesBack) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float value = HalfToFloat(static_cast<uint16_t>(half));
    ASSERT_EQ(std::signbit(value), half >= 0x8000) << half;
    if ((half & 0x7FFF) > kInfinity) {
      ASSERT_TRUE(std::isnan(value)) << half;
      ASSERT_EQ(FloatToHalf(value), half | 0x200) << half;
      continue;
    }
    if ((half & 0x7FFF) == kInfinity) {
      ASSERT_TRUE(std::isinf(value)) << half;
    } else {
      ASSERT_EQ(static_cast<double>(value), Definition(half)) << half;
    }
    ASSERT_EQ(FloatToHalf(value), half) << half;
    ASSERT_EQ(HalfIsFinite(static_cast<uint16_t>(half)), std::isfinite(value)) << half;
  }
}

TEST(Half, RoundsToNearestWithTiesToEven) {
  for (uint32_t half = 0; half < kInfinity; ++half) {
    // Half way to the next; behind the last finite half, to where it would be.
    const double next = half + 1 == kInfinity ? 65536.0 : Definition(half + 1);
    const float middle = static_cast<float>((Definition(half) + next) / 2);
    const float below = std::nextafter(middle, 0.0f);
    const float above = std::nextafter(middle, std::numeric_limits<float>::infinity());
    const uint32_t even = half + (half & 1);
    ASSERT_EQ(FloatToHalf(below), half);
    ASSERT_EQ(FloatToHalf(middle), even) << half;
    ASSERT_EQ(FloatToHalf(above), half + 1) << half;
    ASSERT_EQ(FloatToHalf(-below), Negative(half));
    ASSERT_EQ(FloatToHalf(-middle), Negative(even)) << half;
    ASSERT_EQ(FloatToHalf(-above), Negative(half + 1)) << half;
  }
}

TEST(Half, ExtremesOfFloat) {
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::infinity()), Negative(kInfinity));
  EXPECT_EQ(FloatToHalf(65536.0f), kInfinity);
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::min()), Negative(0));
  EXPECT_GT(FloatToHalf(std::bit_cast<float>(0x7F800001u)), kInfinity) << "a NaN must not become an infinity";
}

}  // namespace
}  // namespace quaver
