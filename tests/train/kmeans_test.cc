#include "codec/train/bottlenecks/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "codec/train/data/random.h"

namespace quaver {
namespace {

std::vector<float> Gaussian(size_t count, int dims, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(count * static_cast<size_t>(dims));
  for (float& x : out) x = normal(random);
  return out;
}

// exp(entropy) / codes: 1 if all are met equally often.
double Utilisation(const std::vector<int64_t>& counts) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  double entropy = 0;
  for (const int64_t count : counts) {
    const double share = static_cast<double>(count) / total;
    if (count > 0) entropy -= share * std::log(share);
  }
  return std::exp(entropy) / static_cast<double>(counts.size());
}

void ExpectFalling(const std::vector<double>& errors) {
  for (size_t i = 1; i < errors.size(); ++i) EXPECT_LE(errors[i], errors[i - 1] * (1 + 1e-5)) << i;
}

TEST(KMeans, T13ErrorFallsAndAllCodesOfGaussianDataAreUsed) {
  KMeansOptions options;
  options.codes = 256;
  const KMeansFit fit = FitCodes(Gaussian(12288, 3, 1), 3, options);
  ExpectFalling(fit.errors);
  EXPECT_GT(fit.errors.size(), 10u);
  EXPECT_GT(*std::min_element(fit.counts.begin(), fit.counts.end()), 0);
  EXPECT_NEAR(Utilisation(fit.counts), 0.885, 0.02);  // as other implementations reach
}

TEST(KMeans, T14UtilisationOfEqualCountsAndOfOneCode) {
  EXPECT_NEAR(Utilisation(std::vector<int64_t>(64, 17)), 1, 1e-12);
  std::vector<int64_t> one(64, 0);
  one[5] = 100;
  EXPECT_NEAR(Utilisation(one), 1.0 / 64, 1e-12);
}

TEST(KMeans, IsTheSameForASeed) {
  const auto points = Gaussian(3000, 4, 2);
  KMeansOptions options;
  options.codes = 64;
  options.iterations = 5;
  const auto first = FitCodes(points, 4, options).codes;
  EXPECT_EQ(first, FitCodes(points, 4, options).codes);
  options.seed = 2;
  EXPECT_NE(first, FitCodes(points, 4, options).codes);
}

TEST(KMeans, ManyEqualPointsTakeOneCode) {
  auto points = Gaussian(4000, 3, 3);
  std::fill(points.begin(), points.begin() + 3 * 2500, 0.5f);
  KMeansOptions options;
  options.codes = 64;
  options.iterations = 50;
  const KMeansFit fit = FitCodes(points, 3, options);
  ExpectFalling(fit.errors);
  EXPECT_GT(*std::min_element(fit.counts.begin(), fit.counts.end()), 0);
  EXPECT_GE(*std::max_element(fit.counts.begin(), fit.counts.end()), 2500);
}

TEST(KMeans, FewerDifferentPointsThanCodesLeaveNoError) {
  std::vector<float> points;
  for (int i = 0; i < 300; ++i) points.insert(points.end(), {static_cast<float>(i % 7), 1.0f});
  KMeansOptions options;
  options.codes = 16;
  const KMeansFit fit = FitCodes(points, 2, options);
  EXPECT_EQ(fit.errors.back(), 0);
  for (const float x : fit.codes) EXPECT_TRUE(std::isfinite(x));
}

// A far outlier would be almost certain to be drawn if weights were not clamped.
TEST(KMeans, OutliersAreNotDrawnFirst) {
  auto points = Gaussian(5000, 2, 4);
  points[0] = 1e4f;
  int drawn = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const KMeansFit fit = FitCodes(points, 2, {8, 0, 1e-3, seed});
    drawn += *std::max_element(fit.codes.begin(), fit.codes.end()) > 1e3f ? 1 : 0;
  }
  EXPECT_LT(drawn, 5);
}

TEST(OrderOfCodes, IsAPermutationWhoseRunsAreNearEachOther) {
  constexpr int kDims = 4;
  for (const auto& [count, block] :
       {std::pair{1, 1}, {2, 32}, {100, 10}, {256, 16}, {1000, 40}, {1024, 32}}) {
    const auto codes = Gaussian(static_cast<size_t>(count), kDims, 5);
    auto order = OrderOfCodes(codes, kDims, block);
    ASSERT_EQ(order.size(), static_cast<size_t>(count));
    const auto at = [&](int i, int dim) {
      return codes[static_cast<size_t>(order[static_cast<size_t>(i)]) * kDims + static_cast<size_t>(dim)];
    };
    // Mean squared distance of codes in the same run, and of all.
    double inside = 0, all = 0;
    int64_t pairs_inside = 0, pairs = 0;
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < i; ++j) {
        double squared = 0;
        for (int dim = 0; dim < kDims; ++dim) squared += std::pow(at(i, dim) - at(j, dim), 2);
        all += squared;
        ++pairs;
        if (i / block != j / block) continue;
        inside += squared;
        ++pairs_inside;
      }
    }
    if (count >= 256) {
      EXPECT_LT(inside / static_cast<double>(pairs_inside), 0.45 * all / static_cast<double>(pairs)) << count;
    }
    std::sort(order.begin(), order.end());
    for (int i = 0; i < count; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
  }
}

}  // namespace
}  // namespace quaver
