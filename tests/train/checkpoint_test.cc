#include "codec/train/checkpoint.h"

#include <gtest/gtest.h>

#include <fstream>

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

TEST(Checkpoint, FailedWriteLeavesTheOldFile) {
  const TemporaryFolder folder("quaver_checkpoint_fail_test");
  TrainingState state(SmallTraining());
  EXPECT_FALSE(SaveCheckpoint(state, folder / "no/such/folder/checkpoint.pt").ok());
}

}  // namespace
}  // namespace quaver
