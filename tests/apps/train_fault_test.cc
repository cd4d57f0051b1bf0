// What a run loses when the disk is full, a file cannot be read, the process is killed or the clock jumps.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/apps/train_tool.h"

namespace quaver {
namespace {

constexpr char kTrain[] = "quaver train --data data --out run --threads 1 ";

class TrainFault : public TrainTool {
 protected:
  // Every step from the first to `last` stands in the log once.
  void ExpectSteps(int last) const {
    const auto steps = Steps();
    ASSERT_EQ(steps.size(), static_cast<size_t>(last));
    for (int i = 0; i < last; ++i) EXPECT_EQ(steps[static_cast<size_t>(i)], i + 1);
  }
  std::vector<std::string> Checkpoints() const {
    auto names = List("run");
    std::erase_if(names, [](const std::string& name) { return !name.starts_with("checkpoint-"); });
    return names;
  }
  static bool IsTemporary(const std::string& name) { return name.ends_with(".tmp"); }
};

// Lost: the steps since the checkpoint before. The run can go on when there is room.
TEST_F(TrainFault, AFullDiskLeavesTheCheckpointBefore) {
  Expect(0, std::string(kTrain) + "--config small.json --steps 5");
  const std::string name = "run/checkpoint-00000005.pt", before = Bytes(name);
  // A limit of 8 or 16 kB: shells differ in their units.
  const ToolRun full = Expect(1, std::string("ulimit -f 16; ") + kTrain + "--resume --steps 10");
  EXPECT_NE(full.err.find("run/checkpoint-00000010.pt: write failed: File too large"), std::string::npos)
      << full.err;
  EXPECT_EQ(Checkpoints(), std::vector<std::string>{"checkpoint-00000005.pt"});
  EXPECT_EQ(Bytes(name), before);
  EXPECT_EQ(std::ranges::count_if(List("run"), IsTemporary), 0);
  Expect(0, std::string(kTrain) + "--resume --steps 10");
  ExpectSteps(10);
}

// Lost: the steps since the checkpoint before, again; and what is half written is cleared away.
TEST_F(TrainFault, AKilledRunGoesOnFromItsCheckpoint) {
  Expect(0, std::string(kTrain) + "--config small.json --steps 5");
  const ToolRun killed = Run(std::string(kTrain) + R"sh(--resume --steps 100000 & trainer=$!
until grep -qs '"step":20,' run/log.jsonl || ! kill -0 $trainer 2>/dev/null; do sleep 0.05; done
echo half > run/.quaver-$trainer-0.tmp
kill -KILL $trainer; wait $trainer)sh");
  EXPECT_EQ(killed.code, 128 + 9) << killed.err;
  EXPECT_GE(Steps().back(), 20);
  Expect(0, std::string(kTrain) + "--resume --steps 10");
  ExpectSteps(10);
  EXPECT_EQ(Checkpoints(), (std::vector<std::string>{"checkpoint-00000005.pt", "checkpoint-00000010.pt"}));
  EXPECT_EQ(std::ranges::count_if(List("run"), IsTemporary), 0);
}

// Lost: to training the file, to encoding what is behind the bad block; the exit code says so.
TEST_F(TrainFault, AFileThatCannotBeReadIsNamedAndLeftOut) {
  MakeWav("data/worn.wav", 16000 * 5);
  const std::string faulty = "LD_PRELOAD=" QUAVER_FAULTY_MACHINE " ";
  const ToolRun trained = Expect(0, faulty + kTrain + "--config small.json --steps 2");
  EXPECT_NE(trained.err.find("worn.wav: "), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("Input/output error"), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("training: data: 4 clips"), std::string::npos) << trained.err;
  const ToolRun coded = Expect(
      3, faulty + "quaver encode data/worn.wav data/en-vctk-p228.flac -o out --format npy --model tiny");
  EXPECT_NE(coded.err.find("worn.wav: is damaged at 0:01.792: Input/output error\n"), std::string::npos)
      << coded.err;
  EXPECT_NE(coded.err.find("has only 0:01.792 that can be read of the 0:05.000"), std::string::npos)
      << coded.err;
  EXPECT_EQ(ReadTokens(Path("out/worn.npy")).rows, 90u);
}

// Lost: nothing but the order of time in the logs.
TEST_F(TrainFault, AClockThatJumpsChangesNoWeight) {
  const auto weights = [&](const std::string& preload) {
    Expect(0, "rm -rf run");
    Expect(0, preload + kTrain + "--config small.json --steps 3");
    Expect(0, preload + kTrain + "--resume --steps 6");
    ExpectSteps(6);
    Expect(0, "quaver export run -o small.safetensors --force --entropy-steps 0");
    const auto names = List("run");
    const auto events = [](const std::string& name) { return name.starts_with("events.out.tfevents."); };
    EXPECT_EQ(std::ranges::count_if(names, events), 2);
    const std::string file = Bytes("small.safetensors"), key = "\"identity\":\"";
    const size_t at = file.find(key);
    return at == std::string::npos ? "none" : file.substr(at + key.size(), 64);
  };
  const std::string plain = weights("");
  EXPECT_EQ(plain.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(weights("QUAVER_CLOCK_JUMPS=1 LD_PRELOAD=" QUAVER_FAULTY_MACHINE " "), plain);
}

// Lost: the file that was being written. What has its name is whole.
TEST_F(TrainFault, KilledWhileTokenisingLeavesWholeFiles) {
  Expect(0, "quaver encode data/en-*.flac -o whole --format npy --model tiny; mkfifo slow.wav");
  const ToolRun killed = Run(
      R"sh(quaver encode data/en-vctk-p228.flac slow.wav data/en-vctk-p243.flac -o out --format npy --model tiny --jobs 1 & program=$!
until [ -s out/en-vctk-p228.npy ] || ! kill -0 $program 2> /dev/null; do sleep 0.05; done
kill -KILL $program; wait $program)sh");
  EXPECT_EQ(killed.code, 128 + 9) << killed.err;
  const auto names = List("out");
  EXPECT_EQ(std::ranges::count_if(names, [](const std::string& name) { return name.ends_with(".npy"); }), 1);
  EXPECT_EQ(Bytes("out/en-vctk-p228.npy"), Bytes("whole/en-vctk-p228.npy"));
}

TEST_F(TrainFault, PackingToAFullDiskLeavesNothing) {
  const ToolRun full = Expect(1, "ulimit -f 16; quaver pack data -o shards");
  EXPECT_NE(full.err.find("File too large"), std::string::npos) << full.err;
  EXPECT_FALSE(Exists("shards"));
}

}  // namespace
}  // namespace quaver
