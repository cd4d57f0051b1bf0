#include "codec/samples.h"

#include <gtest/gtest.h>

#include <limits>

namespace quaver {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(Samples, RoundToTheNearestAndHalvesToEven) {
  for (int i = -32768; i <= 32767; ++i) {
    const auto exact = static_cast<int16_t>(i);
    ASSERT_EQ(ToPcm16(FromPcm16(exact)), exact);
    const int half = i % 2 == 0 ? i : i + 1;  // of i and i + 1
    ASSERT_EQ(ToPcm16((static_cast<float>(i) + 0.5F) / 32768), std::min(half, 32767)) << i;
  }
  EXPECT_EQ(ToPcm16(0.6F / 32768), 1);
  EXPECT_EQ(ToPcm16(0.4F / 32768), 0);
  EXPECT_EQ(ToPcm16(-0.6F / 32768), -1);
}

TEST(Samples, FullScaleIsLimitedNotWrapped) {
  EXPECT_EQ(ToPcm16(1.0F), 32767);
  EXPECT_EQ(ToPcm16(-1.0F), -32768);
  EXPECT_EQ(ToPcm16(1.5F), 32767);
  EXPECT_EQ(ToPcm16(1e38F), 32767);
  EXPECT_EQ(ToPcm16(-1e38F), -32768);
  EXPECT_EQ(ToPcm16(kNaN), 0);
  EXPECT_EQ(ToPcm16(kInf), 0);
}

TEST(Samples, WhatTheEncoderTakesIsLimited) {
  EXPECT_EQ(ClampSample(0.25F), 0.25F);
  EXPECT_EQ(ClampSample(16.0F), 16.0F);
  EXPECT_EQ(ClampSample(16.5F), 16.0F);
  EXPECT_EQ(ClampSample(-1e38F), -16.0F);
  EXPECT_EQ(ClampSample(kNaN), 0.0F);
  EXPECT_EQ(ClampSample(-kInf), 0.0F);
}

}  // namespace
}  // namespace quaver
