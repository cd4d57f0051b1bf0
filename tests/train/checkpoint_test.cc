#include "codec/train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "codec/train/trainer.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

void RunSteps(TrainingState& state, const Dataset& data, int steps) {
  const TrainingOptions& options = state.config.training;
  const ReconstructionLoss loss(options.loss, 16000, torch::kCPU);
  const CropOptions crop{options.batch, options.crop_frames * 320, options.low_level_db,
                         options.high_level_db};
  for (int i = 0; i < steps; ++i) TrainStep(state, loss, DrawCrops(data, crop, state.random), 0.1);
}

// Optimiser, average, noise and crops all go on where they stopped: the weights agree bit for bit.
TEST(Checkpoint, ResumedTrainingIsUninterruptedTraining) {
  const TemporaryFolder folder("quaver_checkpoint_test");
  LoadOptions load;
  const auto data = LoadDataset(Samples(), load);
  ASSERT_TRUE(data.ok());
  TrainingConfig config = SmallTraining();
  config.training.loss.fft_sizes = {512};
  TrainingState straight(config);
  RunSteps(straight, data.value(), 6);

  TrainingState first(config);
  RunSteps(first, data.value(), 3);
  ASSERT_TRUE(SaveCheckpoint(first, folder / "checkpoint.pt").ok());
  auto second = LoadCheckpoint(folder / "checkpoint.pt");
  ASSERT_TRUE(second.ok()) << second.message();
  EXPECT_EQ(second.value()->step, 3);
  RunSteps(*second.value(), data.value(), 3);

  const auto expected = ReadTensors(*straight.network);
  const auto resumed = ReadTensors(*second.value()->network);
  const auto expected_average = ReadTensors(*straight.average);
  const auto resumed_average = ReadTensors(*second.value()->average);
  for (const auto& [name, tensor] : expected) {
    EXPECT_EQ(tensor.values, resumed.at(name).values) << name;
    EXPECT_EQ(expected_average.at(name).values, resumed_average.at(name).values) << name;
  }
}

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
