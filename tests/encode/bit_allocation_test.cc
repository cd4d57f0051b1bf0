// Where bits are worth most.
#include "codec/encode/bit_allocation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace quaver {
namespace {

// Costs that fall with every token, each frame by a size of its own.
FrameCosts RandomCosts(size_t frames, size_t most, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  FrameCosts costs;
  for (size_t n = 1; n <= most; ++n) costs.bits.push_back(8.0 * static_cast<double>(n));
  for (size_t frame = 0; frame < frames; ++frame) {
    std::vector<double> row;
    for (size_t n = 0; n < most; ++n) row.push_back(uniform(random));
    std::ranges::sort(row, std::greater<>());
    const double size = uniform(random);
    for (const double cost : row) costs.cost.push_back(size * cost);
  }
  return costs;
}

double CostOf(const FrameCosts& costs, const std::vector<int>& n_q) {
  double sum = 0;
  for (size_t frame = 0; frame < n_q.size(); ++frame)
    sum += costs.cost[frame * costs.most() + static_cast<size_t>(n_q[frame] - 1)];
  return sum;
}

// All ways to give `frames` frames 1 .. most tokens.
std::vector<std::vector<int>> AllWays(size_t frames, size_t most) {
  std::vector<std::vector<int>> ways = {{}};
  for (size_t frame = 0; frame < frames; ++frame) {
    std::vector<std::vector<int>> longer;
    for (const auto& way : ways) {
      for (int n = 1; n <= static_cast<int>(most); ++n) {
        longer.push_back(way);
        longer.back().push_back(n);
      }
    }
    ways = longer;
  }
  return ways;
}

TEST(BitAllocation, AtAPriceNoWayIsCheaper) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const FrameCosts costs = RandomCosts(5, 4, seed);
    for (const double price : {1e-4, 3e-3, 1e-2, 0.1}) {
      for (const double change : {0.0, 7.0, 40.0}) {
        const auto total = [&](const std::vector<int>& way) {
          return CostOf(costs, way) + price * BitsOf(costs, change, way);
        };
        double least = std::numeric_limits<double>::infinity();
        for (const auto& way : AllWays(5, 4)) least = std::min(least, total(way));
        EXPECT_NEAR(total(AllocateAtPrice(costs, change, price)), least, 1e-12) << seed << " " << price;
      }
    }
  }
}

TEST(BitAllocation, KeepsToTheBudgetAndMoreNeverHurts) {
  const FrameCosts costs = RandomCosts(200, 18, 7);
  double before = std::numeric_limits<double>::infinity();
  for (double budget = 200 * 8; budget < 200 * 8 * 19; budget *= 1.2) {
    const auto [n_q, price] = AllocateBits(costs, 20, budget);
    EXPECT_EQ(n_q, AllocateAtPrice(costs, 20, price));
    ASSERT_EQ(n_q.size(), size_t{200});
    EXPECT_LE(BitsOf(costs, 20, n_q), budget);
    EXPECT_LE(CostOf(costs, n_q), before);
    before = CostOf(costs, n_q);
  }
  const Allocation all = AllocateBits(costs, 20, 1e9);
  EXPECT_NEAR(all.price, kLeastPrice, 1e-3 * kLeastPrice);
  EXPECT_EQ(all.n_q, AllocateAtPrice(costs, 20, kLeastPrice));
}

TEST(BitAllocation, SpendsBetterThanEvenly) {
  const FrameCosts costs = RandomCosts(200, 18, 8);
  for (const int even : {2, 6, 12}) {
    const std::vector<int> same(200, even);
    const auto n_q = AllocateBits(costs, 1, BitsOf(costs, 1, same)).n_q;
    EXPECT_LT(CostOf(costs, n_q), 0.95 * CostOf(costs, same)) << even;
  }
}

TEST(BitAllocation, GivesOneTokenWhereThereIsNothingToGainOrNothingToSpend) {
  FrameCosts costs = RandomCosts(60, 6, 9);
  std::fill(costs.cost.begin() + 20 * 6, costs.cost.begin() + 40 * 6, 0.5);
  const auto n_q = AllocateBits(costs, 1, 60 * 8 * 4).n_q;
  EXPECT_EQ(std::vector<int>(n_q.begin() + 20, n_q.begin() + 40), std::vector<int>(20, 1));
  EXPECT_GT(*std::ranges::max_element(n_q), 3);
  EXPECT_EQ(AllocateBits(costs, 1, 100).n_q, std::vector<int>(60, 1));
}

TEST(BitAllocation, ADearChangeIsMadeSeldom) {
  const FrameCosts costs = RandomCosts(300, 10, 10);
  const auto changes = [&](double change) {
    const auto n_q = AllocateBits(costs, change, 300 * 8 * 5).n_q;
    int count = 0;
    for (size_t i = 1; i < n_q.size(); ++i) count += n_q[i] != n_q[i - 1] ? 1 : 0;
    return count;
  };
  EXPECT_LT(2 * changes(20), changes(0));
  EXPECT_LT(2 * changes(100), changes(20));
}

TEST(BitAllocation, OfNoFramesIsNothing) {
  EXPECT_TRUE(AllocateBits(FrameCosts{{8, 16}, {}}, 7, 100).n_q.empty());
}

}  // namespace
}  // namespace quaver
