#include "codec/train/fit_codebook.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "codec/train/bottlenecks/vp.h"
#include "codec/train/data/load.h"
#include "codec/train/step.h"
#include "codec/train/trainer.h"
#include "codec/train/validate.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

TrainingConfig SmallVp() {
  TrainingConfig config = SmallTraining();
  config.model.bottleneck.type = "vp";
  config.model.bottleneck.groups = 4;
  config.model.bottleneck.vector_dims = 3;
  config.model.bottleneck.codebook_size = 32;
  config.training.bottleneck.vp.queue_steps = 50;
  return config;
}

const Dataset& Speech() {
  static const Dataset data = std::move(LoadDataset(Samples(), LoadOptions{})).value();
  return data;
}

const VectorPerturbation& BottleneckOf(const TrainingState& state) {
  return dynamic_cast<const VectorPerturbation&>(*state.bottleneck);
}

void Step(TrainingState& state, int steps) {
  const ReconstructionLoss loss(state.config.training.loss, state.config.model.sample_rate, torch::kCPU);
  for (int i = 0; i < steps; ++i) {
    const CropBatch batch = DrawBatch(Speech(), CropsOf(state.config), state.config.training.seed,
                                      state.samples, state.config.training.batch);
    ASSERT_TRUE(TrainStep(state, loss, batch, 0).finite);
  }
}

TEST(FitCodebook, FitsEachGroupToTheAveragedNetworksLatents) {
  TrainingState state(SmallVp());
  EXPECT_TRUE(NeedsCodebook(state));
  FitCodebookOptions options;
  options.frames = 3000;
  const auto stats = FitCodebooks(state, Speech(), options, {});
  ASSERT_TRUE(stats.ok()) << stats.message();
  EXPECT_FALSE(NeedsCodebook(state));
  ASSERT_EQ(stats.value().size(), 4u);
  for (const CodebookStats& fit : stats.value()) {
    EXPECT_EQ(fit.tokens.usage, 1);
    EXPECT_GT(fit.tokens.normalised_perplexity, 0.3);
    EXPECT_GT(fit.error, 0);
    EXPECT_LT(fit.error, 0.3);
  }
  const auto codebook = BottleneckOf(state).codebook().clone();
  ASSERT_TRUE(FitCodebooks(state, Speech(), options, {}).ok());
  EXPECT_TRUE(torch::equal(BottleneckOf(state).codebook(), codebook));

  // Silence has a code of its own.
  torch::NoGradGuard no_grad;
  const auto silence =
      state.average->Encode(torch::zeros({1, 50 * state.config.model.frame()})).select(1, 49);
  EXPECT_TRUE(torch::allclose(state.bottleneck->Quantize(silence).y, silence, 0, 0.1));
}

TEST(FitCodebook, TravelsWithACheckpoint) {
  TrainingState state(SmallVp());
  Step(state, 2);
  ASSERT_TRUE(FitCodebooks(state, Speech(), {500, 1}, {}).ok());
  const TemporaryFolder folder("quaver_fit_codebook_test");
  ASSERT_TRUE(SaveCheckpoint(state, folder / "c.pt").ok());
  auto loaded = LoadCheckpoint(folder / "c.pt");
  ASSERT_TRUE(loaded.ok()) << loaded.message();
  EXPECT_FALSE(NeedsCodebook(*loaded.value()));
  EXPECT_TRUE(torch::equal(BottleneckOf(*loaded.value()).codebook(), BottleneckOf(state).codebook()));
  // Both go on alike, and then need another one.
  Step(state, 2);
  Step(*loaded.value(), 2);
  EXPECT_TRUE(torch::equal(BottleneckOf(*loaded.value()).queue(), BottleneckOf(state).queue()));
  EXPECT_TRUE(NeedsCodebook(state));
}

TEST(FitCodebook, AValidationHasTokensAnyway) {
  TrainingState state(SmallVp());
  Step(state, 1);
  EXPECT_FALSE(state.bottleneck->NotReady().empty());
  state.config.training.validate_clips = 1;
  const ValidationResult result = Validate(state, Speech());
  EXPECT_EQ(result.codes, 32);
  ASSERT_EQ(result.tokens.size(), 4u);
  EXPECT_GT(result.tokens[0].usage, 0);
  EXPECT_TRUE(NeedsCodebook(state));
}

TEST(FitCodebook, RefusesOtherBottlenecksAndSilence) {
  TrainingState fsp(SmallTraining());
  EXPECT_FALSE(NeedsCodebook(fsp));
  EXPECT_FALSE(FitCodebooks(fsp, Speech(), {}, {}).ok());
  TrainingState state(SmallVp());
  Dataset silent = Speech();
  for (Clip& clip : silent.clips)
    clip = Clip::Owning(clip.path, clip.speaker, std::vector<int16_t>(clip.samples.size(), 0));
  const auto stats = FitCodebooks(state, silent, {100, 1}, {});
  ASSERT_FALSE(stats.ok());
  EXPECT_NE(stats.message().find("audible"), std::string::npos) << stats.message();
}

}  // namespace
}  // namespace quaver
