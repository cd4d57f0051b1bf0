#include "codec/quantize/fsp.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <vector>

namespace quaver {
namespace {

const std::vector<int> kLevels = {8, 5, 5, 5};

TEST(FspToken, EveryCombinationOfLevelsHasATokenOfItsOwn) {
  std::set<int> seen;
  for (int a = 0; a < 8; ++a) {
    for (int b = 0; b < 5; ++b) {
      for (int c = 0; c < 5; ++c) {
        for (int d = 0; d < 5; ++d) seen.insert(FspToken(std::vector<int>{a, b, c, d}, kLevels));
      }
    }
  }
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), 999);
}

TEST(FspToken, FirstDimensionIsFastest) {
  EXPECT_EQ(FspToken(std::vector<int>{1, 0, 0, 0}, kLevels), 1);
  EXPECT_EQ(FspToken(std::vector<int>{0, 1, 0, 0}, kLevels), 8);
  EXPECT_EQ(FspToken(std::vector<int>{7, 4, 4, 4}, kLevels), 999);
}

TEST(FspLevel, CellsAreEqualAndCentroidsLieInTheirOwnCell) {
  for (const int levels : {2, 5, 8, 64}) {
    for (int level = 0; level < levels; ++level) {
      const float z = FspValue(level, levels) / kSqrt12 + 0.5f;
      EXPECT_EQ(FspLevel(z, levels), level) << levels;
      EXPECT_EQ(FspLevel(z - 0.49f / static_cast<float>(levels), levels), level) << levels;
      EXPECT_EQ(FspLevel(z + 0.49f / static_cast<float>(levels), levels), level) << levels;
    }
  }
}

TEST(FspLevel, AnyValueGivesALevelInRange) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(FspLevel(std::numeric_limits<float>::quiet_NaN(), 5), 0);
  EXPECT_EQ(FspLevel(-kInfinity, 5), 0);
  EXPECT_EQ(FspLevel(kInfinity, 5), 4);
  EXPECT_EQ(FspLevel(-0.1f, 5), 0);
  EXPECT_EQ(FspLevel(1.0f, 5), 4);
}

}  // namespace
}  // namespace quaver
