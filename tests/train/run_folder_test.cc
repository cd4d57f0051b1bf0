#include "codec/train/run_folder.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "codec/train/trainer.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

TrainingConfig Quick() {
  TrainingConfig config = SmallTraining();
  config.training.batch = 2;
  config.training.crop_frames = 4;
  config.training.loss.fft_sizes = {256};
  return config;
}

void Step(TrainingState& state, const Dataset& data) {
  const TrainingOptions& options = state.config.training;
  const ReconstructionLoss loss(options.loss, 16000, torch::kCPU);
  TrainStep(state, loss, DrawBatch(data, CropsOf(state.config), options.seed, state.samples, options.batch),
            0.1);
}

TEST(RunFolder, KeepsTheLastAndLoadsTheNewestThatIsWhole) {
  const TemporaryFolder folder("quaver_run_folder_test");
  const RunFolder run(folder.str(), 2);
  EXPECT_FALSE(run.Load(torch::kCPU, nullptr).ok());
  TrainingState state(Quick());
  for (state.step = 1; state.step <= 4; ++state.step) ASSERT_TRUE(run.Save(state).ok());
  ASSERT_EQ(run.Checkpoints().size(), 2u);
  std::ofstream(run.Checkpoints()[0], std::ios::trunc) << "half a checkpoint";
  std::string damaged;
  const auto loaded = run.Load(torch::kCPU, [&](const std::string& message) { damaged = message; });
  ASSERT_TRUE(loaded.ok()) << loaded.message();
  EXPECT_EQ(loaded.value()->step, 3);
  EXPECT_NE(damaged.find("checkpoint-00000004.pt"), std::string::npos) << damaged;
}

TEST(RunFolder, OtherFilesAreLeftAlone) {
  const TemporaryFolder folder("quaver_run_folder_others_test");
  const RunFolder run(folder.str(), 1);
  const std::string mine = ".quaver-" + std::to_string(getpid()) + "-0.tmp";
  for (const std::string& name :
       {std::string("best.pt"), std::string("checkpoint-.pt"), std::string("checkpoint-1x.pt"), mine})
    std::ofstream(folder / name) << "x";
  std::ofstream(folder / ".quaver-999999999-0.tmp") << "x";  // of a process that cannot be
  run.RemoveLeftovers();
  TrainingState state(Quick());
  ASSERT_TRUE(run.Save(state).ok());
  ASSERT_EQ(run.Checkpoints().size(), 1u);
  const auto files = std::filesystem::directory_iterator(folder.str());
  EXPECT_EQ(std::distance(begin(files), end(files)), 5);
}

// A process that only trains and saves, and says so into `told` after every checkpoint.
[[noreturn]] void TrainUntilKilled(const RunFolder& run, const Dataset& data, int told) {
  auto state = run.Load(torch::kCPU, nullptr);
  for (;;) {
    Step(*state.value(), data);
    if (!run.Save(*state.value()).ok() || write(told, "", 1) != 1) _exit(1);
  }
}

// Bytes that this process has written of a checkpoint that has not its name yet; -1: there is none.
int64_t Unfinished(const std::string& folder, pid_t process) {
  const std::string mine = ".quaver-" + std::to_string(process) + "-";
  std::error_code gone;  // it may get its name at any time
  for (const auto& entry : std::filesystem::directory_iterator(folder, gone)) {
    if (!entry.path().filename().string().starts_with(mine)) continue;
    const auto bytes = entry.file_size(gone);
    if (!gone) return static_cast<int64_t>(bytes);
  }
  return -1;
}

// Until the process has saved once, and then until it has written so many bytes of its next checkpoint, or
// saved that too. False: it ended by itself.
bool WaitUntilMidway(const std::string& folder, pid_t process, int heard, int64_t bytes) {
  char byte = 0;
  if (read(heard, &byte, 1) != 1) return false;
  pollfd ready{heard, POLLIN, 0};
  while (poll(&ready, 1, 0) == 0) {
    if (Unfinished(folder, process) >= bytes) return true;
    std::this_thread::yield();
  }
  return read(heard, &byte, 1) == 1;
}

// Killed twenty times, mostly in the middle of a write, a run has lost nothing but the last steps, and ends
// with the weights of a run that nobody killed.
TEST(RunFolder, SurvivesBeingKilled) {
  const TemporaryFolder folder("quaver_run_folder_kill_test");
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  const RunFolder run(folder.str(), 2);
  TrainingState fresh(Quick());
  ASSERT_TRUE(run.Save(fresh).ok());
  const auto size = static_cast<int64_t>(std::filesystem::file_size(run.Checkpoints()[0]));
  std::mt19937 random(1);
  int64_t step = 0;
  for (int kills = 0; kills < 20; ++kills) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) TrainUntilKilled(run, data.value(), ends[1]);
    close(ends[1]);
    EXPECT_TRUE(WaitUntilMidway(folder.str(), child, ends[0], static_cast<int64_t>(random()) % size));
    close(ends[0]);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    run.RemoveLeftovers();
    const auto state = run.Load(torch::kCPU, [](const std::string& message) { ADD_FAILURE() << message; });
    ASSERT_TRUE(state.ok()) << state.message();
    EXPECT_GT(state.value()->step, step);  // at least what it said that it had saved
    step = state.value()->step;
  }
  while (fresh.step < step) Step(fresh, data.value());
  auto survivor = run.Load(torch::kCPU, nullptr);
  const auto expected = ReadTensors(*fresh.network);
  const auto actual = ReadTensors(*survivor.value()->network);
  for (const auto& [name, tensor] : expected) EXPECT_EQ(tensor.values, actual.at(name).values) << name;
}

}  // namespace
}  // namespace quaver
