// `quaver train` as several processes: the real program on the sample clips, and under torchrun.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/train/distributed/processes.h"
#include "tests/train/folder.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

constexpr char kProgram[] = QUAVER_PROGRAM;
constexpr char kWorker[] = QUAVER_DISTRIBUTED_WORKER;

std::string Configuration(int batch) {
  return R"({
  "model": {"name": "small", "sample_rate": 16000, "hop": 160, "window": 320, "overlap": 80, "conv_kernel": 1,
    "block_kernel": 3, "expansion": 1,
    "encoder_hops": {"channels": 8, "blocks": 1}, "encoder_frames": {"channels": 8, "blocks": 1},
    "decoder_frames": {"channels": 8, "blocks": 1}, "decoder_hops": {"channels": 8, "blocks": 1},
    "bottleneck": {"type": "fsp", "cdf": "tanh", "groups": 3, "levels": [8, 5, 5, 5]}},
  "training": {"steps": 100000, "batch": )" +
         std::to_string(batch) + R"(, "crop_frames": 8, "validate_every": 0, "loss": {"fft_sizes": [256]},
    "checkpoint_minutes": 0.002, "held_out": 0}
})";
}

class Run : public testing::Test {
 protected:
  std::string Store(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::vector<std::string> Train(const std::string& config, const std::string& run,
                                 const std::vector<std::string>& more) {
    std::vector<std::string> command = {kProgram,    "train",   "--config",       config,
                                        "--data",    Samples(), "--out",          folder_ / run,
                                        "--threads", "1",       "--peer-timeout", "20"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  std::vector<std::string> Checkpoints(const std::string& run) {
    std::vector<std::string> found;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder_ / run, missing)) {
      if (entry.path().filename().string().starts_with("checkpoint-")) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // Of a run of this process, which may end before.
  void WaitForCheckpoint(const std::string& run, const Process& process) {
    while (Checkpoints(run).empty() && process.Runs())
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_FALSE(Checkpoints(run).empty());
  }

  const TemporaryFolder folder_{"quaver_run_test"};
};

TEST_F(Run, AKilledProcessEndsTheOtherWithItsName) {
  const auto command = Train(Store("c.json", Configuration(4)), "run", {});
  const int port = FreePort();
  Process first(command, RankOf(0, 2, port));
  Process second(command, RankOf(1, 2, port));
  WaitForCheckpoint("run", first);
  kill(second.pid(), SIGKILL);
  const Ended ended = first.Wait();
  EXPECT_EQ(ended.code, 1) << ended.text;
  EXPECT_NE(ended.text.find("quaver train: rank 0 of 2: rank 1 ("), std::string::npos) << ended.text;
  EXPECT_NE(ended.text.find(") is gone\n"), std::string::npos) << ended.text;
}

TEST_F(Run, AStopRequestToOneEndsAllWithACheckpoint) {
  const auto command = Train(Store("c.json", Configuration(4)), "run", {});
  const int port = FreePort();
  Process first(command, RankOf(0, 2, port));
  Process second(command, RankOf(1, 2, port));
  WaitForCheckpoint("run", first);
  kill(second.pid(), SIGTERM);
  const Ended one = first.Wait();
  const Ended two = second.Wait();
  EXPECT_EQ(one.code, 0) << one.text;
  EXPECT_EQ(two.code, 0) << two.text;
  EXPECT_NE(one.text.find("stopped after"), std::string::npos) << one.text;
  EXPECT_EQ(two.text, "");  // the first alone writes
}

TEST_F(Run, DifferentConfigurationsDoNotStart) {
  const int port = FreePort();
  Process first(Train(Store("a.json", Configuration(4)), "run", {}), RankOf(0, 2, port));
  Process second(Train(Store("b.json", Configuration(8)), "run", {}), RankOf(1, 2, port));
  for (Process* process : {&first, &second}) {
    const Ended ended = process->Wait();
    EXPECT_EQ(ended.code, 1) << ended.text;
    EXPECT_NE(ended.text.find("/training/batch is 4 and 8"), std::string::npos) << ended.text;
  }
  EXPECT_TRUE(Checkpoints("run").empty());
}

TEST_F(Run, ABatchThatCannotBeSharedOutIsRefused) {
  for (const Ended& ended : RunRanks(2, Train(Store("c.json", Configuration(3)), "run", {}))) {
    EXPECT_EQ(ended.code, 1) << ended.text;
    EXPECT_NE(ended.text.find("\"batch\" is 3"), std::string::npos) << ended.text;
  }
}

// One process is killed in the middle of a run, once; torchrun starts all again, and the run ends with the
// weights of one that nobody disturbed.
TEST_F(Run, TorchrunResumesFromTheCheckpoint) {
  const std::string torchrun = QUAVER_TORCHRUN;
  if (!fs::exists(torchrun)) GTEST_SKIP() << "no torchrun beside LibTorch";
  if (Process({torchrun, "--help"}, {}).Wait().code == 127)
    GTEST_SKIP() << torchrun << " cannot run: its Python is not there";
  const std::string config = Store("c.json", Configuration(4));
  for (const Ended& rank : RunRanks(2, Train(config, "quiet", {"--steps", "100"})))
    ASSERT_EQ(rank.code, 0) << rank.text;

  const std::string wrapper = Store("wrapper.sh", R"sh(#!/bin/sh
[ "$RANK.$TORCHELASTIC_RESTART_COUNT" = 1.0 ] || exec "$@"
"$@" & child=$!
until ls "$RUN" 2> /dev/null | grep -q "checkpoint-000000[2-9]"; do sleep 0.05; done
kill -9 $child
wait $child
)sh");
  std::vector<std::string> command = {torchrun, "--standalone", "--nproc-per-node", "2",    "--max-restarts",
                                      "1",      "--no-python",  "/bin/sh",          wrapper};
  for (const std::string& word : Train(config, "disturbed", {"--steps", "100", "--auto-resume"}))
    command.push_back(word);
  const Ended run = Process(command, {{"RUN", folder_ / "disturbed"}, {"OMP_NUM_THREADS", "1"}}).Wait();
  ASSERT_EQ(run.code, 0) << run.text;
  EXPECT_NE(run.text.find("exitcode: 137"), std::string::npos) << run.text;  // it was disturbed
  const std::string files = Checkpoints("quiet").back() + "," + Checkpoints("disturbed").back();
  const Ended same = Process({kWorker, "same", files}, {}).Wait();
  EXPECT_EQ(same.code, 0) << same.text << run.text;
}

}  // namespace
}  // namespace quaver
