#include "codec/train/batches.h"

#include <gtest/gtest.h>

#include "codec/train/random.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

// Whoever draws it, with how many threads and in which batch: a sample is the same crop.
TEST(Batches, CropsBelongToTheirSamples) {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  const CropOptions options{4, 3200, -30, -20};
  const Batch straight = DrawBatch(data.value(), options, 7, 100, 12);
  for (const int threads : {1, 3}) {
    BatchLoader loader(data.value(), options, {7, 100, 4, threads});
    for (int i = 0; i < 3; ++i) {
      const Batch batch = loader.Next();
      EXPECT_EQ(batch.first_sample, 100 + 4 * i);
      EXPECT_TRUE(torch::equal(batch.crops, straight.crops.slice(0, 4 * i, 4 * i + 4))) << threads;
    }
  }
  // Two processes of half the batch draw the same samples.
  BatchLoader second(data.value(), {2, 3200, -30, -20}, {7, 102, 4, 1});
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

}  // namespace
}  // namespace quaver
