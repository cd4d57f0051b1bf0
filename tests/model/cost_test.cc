// The default model stays within the budget of its card.
#include <gtest/gtest.h>

#include "codec/model/builtin.h"
#include "codec/model/layers.h"
#include "codec/model/weights.h"

namespace quaver {
namespace {

TEST(Cost, CountsTheTensors) {
  const Config config;
  int64_t parameters = 0;
  for (const TensorSpec& spec : ListTensors(config)) {
    int64_t count = 1;
    for (const int64_t size : spec.shape) count *= size;
    parameters += count;
  }
  EXPECT_EQ(CountCost(config).parameters, parameters);
}

TEST(Cost, ACodebookIsSearchedOnceAFrame) {
  Config config;
  config.bottleneck.type = "vp";
  const NetworkCost vp = CountCost(config);
  const NetworkCost fsp = CountCost(Config{});
  EXPECT_EQ(vp.parameters - fsp.parameters, 18 * 1024 * 4);
  EXPECT_DOUBLE_EQ(vp.macs_per_second - fsp.macs_per_second, 50.0 * 18 * 1024 * 4);
}

// Every weight of a frame's layer is used once a frame, of a hop's layer twice; only the two DFTs come on
// top.
TEST(Cost, IsBetweenOneAndTwoUsesOfEveryWeightAFrame) {
  const Config config;
  const NetworkCost cost = CountCost(config);
  EXPECT_GT(cost.macs_per_second, 50.0 * static_cast<double>(cost.parameters));
  EXPECT_LT(cost.macs_per_second, 100.0 * static_cast<double>(cost.parameters) + 100.0 * 2 * 320 * 161 * 2);
}

TEST(Cost, TheBuiltInModelKeepsTheBudget) {
  if (BuiltInWeights().empty()) GTEST_SKIP() << "no built-in model";
  const auto weights = ParseWeights(BuiltInWeights(), "built-in model", Verify::kTrusted);
  ASSERT_TRUE(weights.ok()) << weights.message();
  const NetworkCost cost = CountCost(weights.value().config);
  EXPECT_LE(cost.macs_per_second, 0.6e9);
  EXPECT_LE(cost.parameters, 7500000);
}

}  // namespace
}  // namespace quaver
