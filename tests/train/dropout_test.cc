#include "codec/train/dropout.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace quaver {
namespace {

constexpr int kGroups = 18;

TEST(TokenMask, KeepsLeadingGroupsOnly) {
  const auto mask = DrawTokenMasks(DropOptions{}, 1, 0, 200, 40, kGroups);
  EXPECT_TRUE(((mask == 0) | (mask == 1)).all().item<bool>());
  EXPECT_TRUE((mask.diff(1, 2) <= 0).all().item<bool>());
}

TEST(TokenMask, DrawsEveryRateAndChangesInsideCrops) {
  DropOptions options;
  options.frame_crops = 0;
  const auto n_q = DrawTokenMasks(options, 2, 0, 4000, 20, kGroups).sum(2);
  EXPECT_EQ(n_q.min().item<float>(), 1);
  const auto first = n_q.select(1, 0);
  for (int groups = 1; groups <= kGroups; ++groups)
    EXPECT_GT((first == groups).sum().item<int64_t>(), 0) << groups;
  const double full = (first == kGroups).to(torch::kFloat).mean().item<double>();
  EXPECT_NEAR(full, options.full_rate + (1 - options.full_rate) / kGroups, 0.03);
  const double changed = (n_q.diff(1, 1) != 0).any(1).to(torch::kFloat).mean().item<double>();
  EXPECT_GT(changed, 0.5 * options.change_rate);
  EXPECT_LE(changed, 1.2 * options.change_rate);
}

TEST(TokenMask, APowerAboveOneFavoursLowRates) {
  DropOptions options;
  options.full_rate = options.change_rate = options.frame_crops = 0;
  const auto mean = [&] {
    return DrawTokenMasks(options, 4, 0, 4000, 2, kGroups).sum(2).mean().item<double>();
  };
  EXPECT_NEAR(mean(), (kGroups + 1) / 2.0, 0.4);
  options.power = 2;  // E[floor(18 u^2)] + 1
  EXPECT_NEAR(mean(), 6.5, 0.4);
}

// Whoever draws it, and beside which others: a sample has its own mask.
TEST(TokenMask, BelongsToItsSample) {
  const auto together = DrawTokenMasks(DropOptions{}, 5, 100, 8, 30, kGroups);
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(torch::equal(together[i], DrawTokenMasks(DropOptions{}, 5, 100 + i, 1, 30, kGroups)[0])) << i;
  EXPECT_FALSE(torch::equal(together, DrawTokenMasks(DropOptions{}, 6, 100, 8, 30, kGroups)));
}

TEST(TokenMask, LosesFramesInBurstsAtTheRateAsked) {
  DropOptions options;
  options.frame_crops = 1;
  options.frame_rate = 0.2;
  options.mean_burst = 3;
  const auto lost = (DrawTokenMasks(options, 3, 0, 2000, 200, kGroups).sum(2) == 0).to(torch::kFloat);
  EXPECT_NEAR(lost.mean().item<double>(), 0.1, 0.02);  // drawn uniformly up to frame_rate
  const double bursts = (lost.diff(1, 1) > 0).sum().item<double>() + lost.select(1, 0).sum().item<double>();
  EXPECT_NEAR(lost.sum().item<double>() / bursts, 3, 0.3);
}

}  // namespace
}  // namespace quaver
