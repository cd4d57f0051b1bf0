#include "codec/train/discriminator.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "codec/train/batches.h"
#include "codec/train/data/load.h"
#include "codec/train/optimizer.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

AdversaryOptions Small() {
  AdversaryOptions options;
  options.adversarial = options.features = 1;
  options.channels = 4;
  options.fft_sizes = {256, 512};
  options.periods = {2, 5};
  return options;
}

torch::Tensor Speech(int count) {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  return DrawBatch(data.value(), {count, 6400, -25, -20, {}}, 1, 0, count).crops;
}

TEST(Discriminators, HingeLossIsZeroOnlyBeyondTheMargins) {
  const Judgement sure{{torch::full({2, 1, 3, 3}, 1.5)}, {}};
  const Judgement unsure{{torch::zeros({2, 1, 3, 3})}, {}};
  const Judgement negative{{torch::full({2, 1, 3, 3}, -1.5)}, {}};
  EXPECT_EQ(DiscriminatorLoss(sure, negative).item<double>(), 0);
  EXPECT_EQ(DiscriminatorLoss(unsure, unsure).item<double>(), 2);
  EXPECT_EQ(DiscriminatorLoss(negative, sure).item<double>(), 5);
  EXPECT_LT(AdversarialLoss(sure).item<double>(), AdversarialLoss(unsure).item<double>());
}

// A sample's judgement does not depend on the others of its batch.
TEST(Discriminators, JudgeEachSampleByItself) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  Discriminators discriminators(Small());
  const auto speech = Speech(3);
  const auto together = discriminators(speech);
  const auto alone = discriminators(speech.slice(0, 1, 2));
  for (size_t k = 0; k < alone.logits.size(); ++k)
    EXPECT_TRUE(torch::allclose(together.logits[k].slice(0, 1, 2), alone.logits[k], 1e-4, 1e-5));
}

TEST(Discriminators, FeatureLossVanishesForTheRecordingItself) {
  torch::manual_seed(1);
  Discriminators discriminators(Small());
  const auto speech = Speech(2);
  const auto recorded = discriminators(speech);
  EXPECT_EQ(FeatureLoss(recorded, discriminators(speech)).item<double>(), 0);
  EXPECT_GT(FeatureLoss(recorded, discriminators(speech + 0.01 * torch::randn_like(speech))).item<double>(),
            0.01);
}

// Whatever is between the samples of one phase is not seen by the discriminator of a period.
TEST(Discriminators, PeriodsSeeEachPhaseByItself) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  AdversaryOptions options = Small();
  options.fft_sizes.clear();
  options.periods = {5};
  Discriminators discriminators(options);
  const auto speech = Speech(1);
  auto moved = speech.clone();
  // One phase turned round: the level stays, the other phases' logits too.
  moved.slice(1, 3, {}, 5).mul_(-1);
  const auto before = discriminators(speech).logits[0];  // [1, 1, phases, places]
  const auto after = discriminators(moved).logits[0];
  for (int64_t phase = 0; phase < 5; ++phase) {
    const bool same = torch::allclose(before.select(2, phase), after.select(2, phase), 1e-4, 1e-5);
    EXPECT_EQ(same, phase != 3) << phase;
  }
}

// They learn to tell speech from speech whose fine structure is gone.
TEST(Discriminators, LearnToTellNoisySpeech) {
  torch::manual_seed(1);
  Discriminators discriminators(Small());
  AdamW optimizer(discriminators->parameters(), {}, AdamWOptions{});
  double first = 0;
  double last = 0;
  for (int step = 0; step < 40; ++step) {
    const auto speech = Speech(4);
    const auto noisy = speech * (1 + torch::randn_like(speech) * 0.5);
    const auto loss = DiscriminatorLoss(discriminators(speech), discriminators(noisy));
    optimizer.ZeroGrad();
    loss.backward();
    optimizer.Step(3e-3);
    (step == 0 ? first : last) = loss.item<double>();
  }
  EXPECT_LT(last, 0.6 * first);
}

}  // namespace
}  // namespace quaver
