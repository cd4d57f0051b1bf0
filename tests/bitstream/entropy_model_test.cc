#include "codec/bitstream/entropy_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;

TEST(EntropyModel, SizesAndContextsFollowTheFormula) {
  EXPECT_EQ(EntropyModel::TableSize(BottleneckConfig()),
            18u * (9 * 8 + 6 * 8 * 5 + 6 * 40 * 5 + 6 * 200 * 5));
  const EntropyModel model = EntropyModel::Uniform(Small());
  EXPECT_EQ(model.frequencies().size(), 3u * (5 * 4 + 4 * 4 * 3));
  EXPECT_EQ(model.codes(), 12);
  EXPECT_EQ(model.Context(0, -1, 0), 0);
  EXPECT_EQ(model.Context(0, 3, 0), 4);
  EXPECT_EQ(model.Context(1, -1, 3), 3);
  EXPECT_EQ(model.Context(1, 2, 1), 13);
}

TEST(EntropyModel, TablesOfThisFrameHaveNoOtherContexts) {
  EXPECT_EQ(EntropyModel::TableSize(Vp(1024), TableContexts::kThisFrame), 18u * (32 + 32 * 32));
  EXPECT_EQ(EntropyModel::TableSize(BottleneckConfig(), TableContexts::kThisFrame),
            18u * (8 + 8 * 5 + 40 * 5 + 200 * 5));
  Random random(1);
  const EntropyModel model = RandomModel(random, Small(), 3.0, TableContexts::kThisFrame);
  EXPECT_EQ(model.frequencies().size(), 3u * (4 + 4 * 3));
  EXPECT_EQ(model.contexts(), TableContexts::kThisFrame);
  const auto again = EntropyModel::Create(Small(), {model.frequencies().begin(), model.frequencies().end()});
  EXPECT_EQ(again.value().contexts(), TableContexts::kThisFrame) << "told by the number of values";
  for (const int before : {-1, 0, 2}) EXPECT_EQ(model.Context(1, before, 3), 3);
  const auto last = model.Cumulative(2, 1, 3);
  EXPECT_EQ(last.back(), 1 << 15);
  EXPECT_EQ(last[3] - last[2], model.frequencies().back());
}

TEST(EntropyModel, ACodebookIsSplitIntoTheFewestDigits) {
  using Digits = std::vector<int>;
  EXPECT_EQ(DigitsOf(Vp(2)), (Digits{2}));
  EXPECT_EQ(DigitsOf(Vp(61)), (Digits{61}));
  EXPECT_EQ(DigitsOf(Vp(64)), (Digits{64}));
  EXPECT_EQ(DigitsOf(Vp(65)), (Digits{13, 5}));
  EXPECT_EQ(DigitsOf(Vp(256)), (Digits{16, 16}));
  EXPECT_EQ(DigitsOf(Vp(512)), (Digits{32, 16}));
  EXPECT_EQ(DigitsOf(Vp(1000)), (Digits{40, 25}));
  EXPECT_EQ(DigitsOf(Vp(1024)), (Digits{32, 32}));
  EXPECT_EQ(DigitsOf(Vp(4096)), (Digits{64, 64}));
  EXPECT_EQ(DigitsOf(Vp(16384)), (Digits{32, 32, 16}));
  EXPECT_EQ(EntropyModel::TableSize(Vp(1024)), 18u * (33 * 32 + 33 * 32 * 32));
  for (const int codes : {-1, 0, 1, 67, 2 * 67, 1021, 16385, 1 << 20})
    EXPECT_EQ(DigitsOf(Vp(codes)), Digits{}) << codes;
}

// Whatever has a split has one of the best shape: no digit too large, none larger than the one before, and
// with one digit fewer there is none.
TEST(EntropyModel, EveryCodebookHasASplitOrAPrimeFactorTooLarge) {
  for (int codes = 2; codes <= 1 << 14; ++codes) {
    const std::vector<int> digits = DigitsOf(Vp(codes));
    int largest_prime = 1;
    int rest = codes;
    for (int p = 2; rest > 1; ++p) {
      while (rest % p == 0) rest /= largest_prime = p;
    }
    ASSERT_EQ(digits.empty(), largest_prime > 61) << codes;
    if (digits.empty()) continue;
    ASSERT_EQ(std::accumulate(digits.begin(), digits.end(), 1, std::multiplies<>()), codes);
    ASSERT_LE(digits.size(), 8u) << codes;
    ASSERT_LE(digits.front(), 64) << codes;
    ASSERT_GE(digits.back(), 2) << codes;
    ASSERT_TRUE(std::is_sorted(digits.rbegin(), digits.rend())) << codes;
    if (digits.size() != 2) continue;
    const auto root = static_cast<int>(std::sqrt(codes));
    for (int radix = digits[1] + 1; radix <= root; ++radix) ASSERT_NE(codes % radix, 0) << codes;
  }
}

TEST(EntropyModel, CumulativeTablesComeInTheOrderOfTheFile) {
  Random random(1);
  const EntropyModel model = RandomModel(random, Small(), 3.0);
  size_t next = 0;
  for (int group = 0; group < 3; ++group) {
    for (int digit = 0; digit < 2; ++digit) {
      const int radix = digit == 0 ? 4 : 3;
      for (int context = 0; context < (digit == 0 ? 5 : 16); ++context) {
        const auto table = model.Cumulative(group, digit, context);
        ASSERT_EQ(table.size(), static_cast<size_t>(radix) + 1);
        EXPECT_EQ(table.front(), 0);
        EXPECT_EQ(table.back(), 1 << 15);
        for (size_t symbol = 0; symbol < static_cast<size_t>(radix); ++symbol) {
          EXPECT_EQ(table[symbol + 1] - table[symbol], model.frequencies()[next++]);
        }
      }
    }
  }
  EXPECT_EQ(next, model.frequencies().size());
}

TEST(EntropyModel, RefusesBadTablesAndSaysWhere) {
  const EntropyModel flat = EntropyModel::Uniform(Small());
  const std::vector<uint16_t> good(flat.frequencies().begin(), flat.frequencies().end());
  ASSERT_TRUE(EntropyModel::Create(Small(), good).ok());
  auto bad = good;
  bad.pop_back();
  EXPECT_THAT(EntropyModel::Create(Small(), bad).message(), HasSubstr("203 values, not 204 or 48"));
  bad = good;
  ++bad[68 + 20 + 3];
  EXPECT_THAT(EntropyModel::Create(Small(), bad).message(),
              HasSubstr("group 1, digit 1, context 1 sums to 32769, not 32768"));
  bad = good;
  bad[1] = static_cast<uint16_t>(bad[1] + bad[0]);
  bad[0] = 0;
  EXPECT_THAT(EntropyModel::Create(Small(), bad).message(),
              HasSubstr("group 0, digit 0, context 0 has a zero"));
}

TEST(EntropyModel, RefusesBottlenecksOutOfRange) {
  for (const BottleneckConfig& bottleneck : OutOfRange()) {
    EXPECT_EQ(EntropyModel::TableSize(bottleneck), 0u);
    EXPECT_FALSE(EntropyModel::Create(bottleneck, {}).ok());
    EXPECT_EQ(EntropyModel::Uniform(bottleneck).groups(), 0);
  }
}

TEST(EntropyModel, QuantisedTablesAreCloseAndWhole) {
  Random random(2);
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> p(2 + static_cast<size_t>(Below(random, 63)));
    for (double& value : p) value = std::pow(Unit(random), 20.0 * Unit(random));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& value : p) value /= sum;
    std::vector<uint16_t> table(p.size());
    QuantiseTable(p, table);
    EXPECT_EQ(std::accumulate(table.begin(), table.end(), 0), 1 << 15);
    for (size_t x = 0; x < p.size(); ++x) {
      ASSERT_GE(table[x], 1);
      ASSERT_NEAR(table[x], p[x] * 32768, 1.0 + p[x] * static_cast<double>(p.size()) + 1.0);
    }
  }
}

}  // namespace
}  // namespace quaver
