#include "codec/train/batches.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/train/data/load.h"
#include "codec/train/random.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

// Whoever draws it, with how many threads and in which batch: a sample is the same crop.
TEST(Batches, CropsBelongToTheirSamples) {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  const CropOptions options{4, 3200, -30, -20, {}};
  const CropBatch straight = DrawBatch(data.value(), options, 7, 100, 12);
  for (const int threads : {1, 3}) {
    BatchLoader loader(data.value(), options, {7, 100, 4, threads});
    for (int i = 0; i < 3; ++i) {
      const CropBatch batch = loader.Next();
      EXPECT_EQ(batch.first_sample, 100 + 4 * i);
      EXPECT_TRUE(torch::equal(batch.crops, straight.crops.slice(0, 4 * i, 4 * i + 4))) << threads;
    }
  }
  // Two processes of half the batch draw the same samples.
  BatchLoader second(data.value(), {2, 3200, -30, -20, {}}, {7, 102, 4, 1});
  EXPECT_TRUE(torch::equal(second.Next().crops, straight.crops.slice(0, 2, 4)));
  EXPECT_TRUE(torch::equal(second.Next().crops, straight.crops.slice(0, 6, 8)));
  EXPECT_EQ(straight.sources.size(), 12u);
  EXPECT_FALSE(torch::equal(straight.crops, DrawBatch(data.value(), options, 8, 100, 12).crops));
}

TEST(BatchRandom, RowsBelongToTheirSamples) {
  const BatchRandom together(3, 10, 4);
  const auto first = together.Uniform({4, 5, 6}, torch::kFloat);
  const auto second = together.Uniform({4, 5, 6}, torch::kFloat);
  EXPECT_FALSE(torch::equal(first, second));
  EXPECT_FALSE(torch::equal(first[0], first[1]));
  for (int i = 0; i < 4; ++i) {
    const BatchRandom alone(3, 10 + i, 1);
    EXPECT_TRUE(torch::equal(alone.Uniform({1, 5, 6}, torch::kFloat)[0], first[i]));
    EXPECT_TRUE(torch::equal(alone.Uniform({1, 5, 6}, torch::kFloat)[0], second[i]));
  }
}

TEST(CountedUniform, EveryNumberStandsForItself) {
  const auto seeds = torch::tensor({int64_t{-5}, int64_t{7}}, torch::kInt64);
  const auto numbers = CountedUniform(seeds, 0, 1000);
  EXPECT_TRUE(torch::equal(CountedUniform(seeds, 200, 300), numbers.slice(1, 200, 500)));
  EXPECT_TRUE(torch::equal(CountedUniform(seeds.slice(0, 1), 0, 1000)[0], numbers[1]));
  // The n-th number of SplitMix64 that begins with the seed 7 (Steele et al.).
  uint64_t state = 7;
  for (int i = 0; i < 10; ++i) {
    state += 0x9e3779b97f4a7c15u;
    uint64_t x = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    EXPECT_EQ(numbers[1][i].item<float>(), static_cast<float>(x >> 40) * 0x1p-24F) << i;
  }
}

TEST(CountedUniform, IsUniformWithoutCorrelationOfNeighboursOrStreams) {
  std::vector<int64_t> own;
  for (int i = 0; i < 64; ++i) own.push_back(static_cast<int64_t>(SampleSeed(1, i, Draw::kNoise)));
  const auto x = CountedUniform(torch::tensor(own, torch::kInt64), 0, 4096);  // 2^18 numbers
  EXPECT_GE(x.min().item<float>(), 0);
  EXPECT_LT(x.max().item<float>(), 1);
  const auto cells = torch::bincount((x.flatten() * 256).to(torch::kInt64), {}, 256).to(torch::kDouble);
  const double chi2 = ((cells - 1024).square() / 1024).sum().item<double>();
  EXPECT_NEAR(chi2, 255, 5 * std::sqrt(2.0 * 255));
  const auto z = (x - 0.5) * std::sqrt(12.0);
  const double bound = 5 / std::sqrt(64.0 * 4095);
  EXPECT_NEAR(z.mean().item<double>(), 0, bound);
  EXPECT_NEAR((z.slice(1, 1) * z.slice(1, 0, -1)).mean().item<double>(), 0, bound);
  EXPECT_NEAR((z.slice(0, 1) * z.slice(0, 0, -1)).mean().item<double>(), 0, bound);
}

}  // namespace
}  // namespace quaver
