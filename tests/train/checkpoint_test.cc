#include "codec/train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "codec/train/bf16.h"
#include "codec/train/trainer.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

TrainingConfig Quick(bool adversary) {
  TrainingConfig config = SmallTraining();
  config.training.loss.fft_sizes = {512};
  if (adversary) {
    config.training.adversary.adversarial = config.training.adversary.features = 0.3;
    config.training.adversary.start_step = 4;
    config.training.adversary.every = 2;
    config.training.adversary.channels = 4;
    config.training.adversary.fft_sizes = {256};
  }
  return config;
}

void RunSteps(TrainingState& state, const Dataset& data, int steps) {
  const TrainingOptions& options = state.config.training;
  const ReconstructionLoss loss(options.loss, 16000, torch::kCPU);
  for (int i = 0; i < steps; ++i) {
    const CropBatch batch =
        DrawBatch(data, CropsOf(state.config), options.seed, state.samples, options.batch);
    ASSERT_TRUE(TrainStep(state, loss, batch, 0.1).finite);
  }
}

void ExpectSame(TorchNetwork& a, TorchNetwork& b) {
  const auto expected = ReadTensors(*a);
  const auto actual = ReadTensors(*b);
  for (const auto& [name, tensor] : expected) EXPECT_EQ(tensor.values, actual.at(name).values) << name;
}

TEST(TrainingState, UsesBf16WhereTheProcessorMultipliesIt) {
  TrainingConfig config = Quick(false);
  config.training.bf16 = false;
  EXPECT_FALSE(TrainingState(config).UsesBf16());
  config.training.bf16 = true;
  EXPECT_EQ(TrainingState(config).UsesBf16(), MultipliesBf16(torch::kCPU));
}

class Resumed : public testing::TestWithParam<bool> {};

// Optimisers, average, noise, crops and what the balancer remembers all go on where they stopped: the weights
// agree bit for bit.
TEST_P(Resumed, TenAndTenStepsAreTwenty) {
  const TemporaryFolder folder("quaver_checkpoint_test");
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  TrainingState straight(Quick(GetParam()));
  RunSteps(straight, data.value(), 20);

  TrainingState first(Quick(GetParam()));
  RunSteps(first, data.value(), 10);
  first.best_score = 0.5;
  first.best_step = 9;
  ASSERT_TRUE(SaveCheckpoint(first, folder / "checkpoint.pt").ok());
  auto second = LoadCheckpoint(folder / "checkpoint.pt");
  ASSERT_TRUE(second.ok()) << second.message();
  EXPECT_EQ(second.value()->step, 10);
  EXPECT_EQ(second.value()->best_score, 0.5);
  EXPECT_EQ(second.value()->best_step, 9);
  RunSteps(*second.value(), data.value(), 10);

  ExpectSame(straight.network, second.value()->network);
  ExpectSame(straight.average, second.value()->average);
  if (!GetParam()) return;
  const auto expected = straight.adversary->discriminators->parameters();
  const auto resumed = second.value()->adversary->discriminators->parameters();
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(torch::equal(expected[i], resumed[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, Resumed, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "Adversary" : "Plain"; });

TEST(Checkpoint, DamagedAndMissingFilesAreErrorsThatNameThem) {
  const TemporaryFolder folder("quaver_checkpoint_bad_test");
  std::ofstream(folder / "bad.pt") << "not a checkpoint";
  for (const std::string& path : {folder / "bad.pt", folder / "none.pt"}) {
    const auto state = LoadCheckpoint(path);
    ASSERT_FALSE(state.ok());
    EXPECT_NE(state.message().find(path), std::string::npos);
  }
}

// A full disk, in the shape of a limit to the size of files.
TEST(Checkpoint, FailedWriteLeavesTheOldFile) {
  const TemporaryFolder folder("quaver_checkpoint_fail_test");
  TrainingState state(SmallTraining());
  state.step = 7;
  ASSERT_TRUE(SaveCheckpoint(state, folder / "checkpoint.pt").ok());
  state.step = 8;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {100000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status failed = SaveCheckpoint(state, folder / "checkpoint.pt");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.message().find("checkpoint.pt"), std::string::npos) << failed.message();

  const auto old = LoadCheckpoint(folder / "checkpoint.pt");
  ASSERT_TRUE(old.ok()) << old.message();
  EXPECT_EQ(old.value()->step, 7);
  const auto files = std::filesystem::directory_iterator(folder.str());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);  // nothing temporary is left
}

}  // namespace
}  // namespace quaver
