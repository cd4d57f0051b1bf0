#include "codec/metrics/token_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace quaver {
namespace {

TEST(TokenStats, EvenUseIsFullPerplexity) {
  const std::vector<uint64_t> counts(1000, 7);
  const TokenStats stats = StatsOf(counts);
  EXPECT_EQ(stats.tokens, 7000U);
  EXPECT_DOUBLE_EQ(stats.usage, 1.0);
  EXPECT_NEAR(stats.entropy_bits, std::log2(1000.0), 1e-9);
  EXPECT_NEAR(stats.normalised_perplexity, 1.0, 1e-9);
}

TEST(TokenStats, OneCodeIsNoInformation) {
  const std::vector<uint64_t> counts = {0, 9, 0, 0};
  const TokenStats stats = StatsOf(counts);
  EXPECT_DOUBLE_EQ(stats.usage, 0.25);
  EXPECT_DOUBLE_EQ(stats.entropy_bits, 0.0);
  EXPECT_DOUBLE_EQ(stats.normalised_perplexity, 0.25);
}

TEST(TokenStats, UnevenUse) {
  const std::vector<uint64_t> counts = {2, 1, 1, 0};
  EXPECT_DOUBLE_EQ(StatsOf(counts).entropy_bits, 1.5);
  EXPECT_DOUBLE_EQ(StatsOf(counts).normalised_perplexity, std::exp2(1.5) / 4);
}

TEST(TokenStats, NothingCountedGivesZeros) {
  EXPECT_EQ(StatsOf({}).entropy_bits, 0.0);
  EXPECT_EQ(StatsOf(std::vector<uint64_t>(4)).usage, 0.0);
}

TEST(TokenCounter, CountsEachGroupAndPassesOverNoToken) {
  TokenCounter counter(3, 10);
  counter.Add(std::vector<uint16_t>{1, 2, 1, 3, 0xFFFF, 9}, 2);
  counter.Add(std::vector<uint16_t>{4, 5, 6}, 3);
  counter.Add(std::vector<uint16_t>{1, 1, 1, 1}, 4);  // more groups than there are
  EXPECT_EQ(counter.Stats(0).tokens, 3U);
  EXPECT_EQ(counter.Stats(1).tokens, 4U);
  EXPECT_EQ(counter.Stats(2).tokens, 1U);
  EXPECT_EQ(counter.counts(0)[1], 2U);
  EXPECT_EQ(counter.counts(1)[9], 1U);
  EXPECT_EQ(counter.Stats(3).tokens, 0U);
}

}  // namespace
}  // namespace quaver
