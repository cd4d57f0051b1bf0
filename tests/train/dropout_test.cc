#include "codec/train/dropout.h"

#include <gtest/gtest.h>

namespace quaver {
namespace {

constexpr int kGroups = 18;

TEST(TokenMask, KeepsLeadingGroupsOnly) {
  std::mt19937_64 random(1);
  const auto mask = DrawTokenMask(DropOptions{}, 200, 40, kGroups, random);
  EXPECT_TRUE(((mask == 0) | (mask == 1)).all().item<bool>());
  EXPECT_TRUE((mask.diff(1, 2) <= 0).all().item<bool>());
}

TEST(TokenMask, DrawsEveryRateAndChangesInsideCrops) {
  std::mt19937_64 random(2);
  DropOptions options;
  options.frame_crops = 0;
  const auto n_q = DrawTokenMask(options, 4000, 20, kGroups, random).sum(2);
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

TEST(TokenMask, LosesFramesInBurstsAtTheRateAsked) {
  std::mt19937_64 random(3);
  DropOptions options;
  options.frame_crops = 1;
  options.frame_rate = 0.2;
  options.mean_burst = 3;
  const auto lost = (DrawTokenMask(options, 2000, 200, kGroups, random).sum(2) == 0).to(torch::kFloat);
  EXPECT_NEAR(lost.mean().item<double>(), 0.1, 0.02);  // drawn uniformly up to frame_rate
  const double bursts = (lost.diff(1, 1) > 0).sum().item<double>() + lost.select(1, 0).sum().item<double>();
  EXPECT_NEAR(lost.sum().item<double>() / bursts, 3, 0.3);
}

}  // namespace
}  // namespace quaver
