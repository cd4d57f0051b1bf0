// What the decoder feels of the discriminators, crop by crop.
#include "codec/train/adversarial_pass.h"

#include <gtest/gtest.h>

#include "tests/train/support.h"

namespace quaver {
namespace {

using torch::Tensor;

struct Crops {
  Tensor reference, decoded, tokens, at_decoded;
};

Crops FourCrops() {
  torch::manual_seed(5);
  const int64_t samples = 16 * 320;
  return {0.1 * torch::randn({4, samples}), 0.1 * torch::randn({4, samples}),
          torch::tensor({1.0F, 3.5F, 6.0F, 18.0F}), 1e-3 * torch::randn({4, samples})};
}

// The gradients at the decoded samples [4, samples] of the first step that feels the discriminators.
Tensor Felt(double one_token_share, const Crops& crops) {
  TrainingConfig config = SmallTraining();
  config.training.adversary.adversarial = 3;
  config.training.adversary.features = 3;
  config.training.adversary.channels = 4;
  config.training.adversary.one_token_share = one_token_share;
  torch::manual_seed(7);
  TrainingState state(config);
  const auto alone = Group::Alone();
  DataParallel peers(*alone, state);
  Workers workers(1, 1);
  GeneratorPass::Part part;
  part.reference = crops.reference;
  part.decoded = crops.decoded;
  part.tokens = crops.tokens;
  return AdversarialPass(state, {part}, {crops.at_decoded}, 1, peers, workers).at_decoded[0];
}

TEST(AdversaryShares, RiseFromOneTokenToAll) {
  AdversaryOptions options;
  options.one_token_share = 0.25;
  options.full_tokens = 7;
  const Tensor shares = AdversaryShares(options, torch::tensor({0.0F, 1.0F, 4.0F, 7.0F, 18.0F}));
  EXPECT_TRUE(torch::allclose(shares, torch::tensor({0.125F, 0.25F, 0.625F, 1.0F, 1.0F}))) << shares;
}

TEST(AdversarialPass, CropsWithFewTokensFeelTheirShare) {
  const Crops crops = FourCrops();
  const Tensor all = Felt(1, crops) - crops.at_decoded;
  const Tensor some = Felt(0, crops) - crops.at_decoded;
  EXPECT_GT(all.abs().mean({1}).min().item<float>(), 1e-6F);
  EXPECT_EQ(some[0].abs().max().item<float>(), 0);
  EXPECT_TRUE(torch::allclose(some[1], 0.5 * all[1], 1e-3, 1e-7));
  EXPECT_TRUE(torch::allclose(some[2], all[2], 1e-4, 1e-7));
  EXPECT_TRUE(torch::allclose(some[3], all[3], 1e-4, 1e-7));
}

}  // namespace
}  // namespace quaver
