// Ctrl-C, kill, hang-ups and full disks: what was heard is kept, and no temporary file.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

using Names = std::vector<std::string>;

constexpr size_t kSamples = 16000 * 5;

class StopTest : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    MakeWav("in.wav", kSamples);
    Expect(0,
           "quaver encode in.wav --model tiny -o t.qvr; quaver decode t.qvr -o - > endless.wav; mkdir out");
    Expect(0, "quaver encode endless.wav --model tiny -o w.qvr; quaver decode w.qvr -o whole.wav");
  }

  // Runs `command`, which reads the named pipe `pipe` and writes into the folder `out`, feeds it with
  // `input`, leaves the pipe open, and once something is in `out`, runs `signals`, for which $program is the
  // process.
  ToolRun Stop(const std::string& command, const std::string& input, const std::string& signals) const {
    return Run("mkfifo pipe; env --default-signal=INT,TERM,HUP " + command + " & program=$!\n" +
               "exec 3> pipe; cat " + input + R"sh( >&3
until [ -n "$(find out -type f -size +0)" ] || ! kill -0 $program 2> /dev/null; do sleep 0.05; done
)sh" + signals +
               "\nwait $program");
  }
};

struct StopSignal {
  std::string name;
  int number;
};

class StopSignals : public StopTest, public testing::WithParamInterface<StopSignal> {};

TEST_P(StopSignals, EndARecordingAndKeepWhatWasHeard) {
  const auto& [name, number] = GetParam();
  const ToolRun run =
      Stop("quaver encode - -o out/t.qvr --model tiny < pipe", "endless.wav", "kill -" + name + " $program");
  EXPECT_EQ(run.code, 128 + number) << run.err;
  EXPECT_NE(run.err.find("ended by SIG" + name), std::string::npos) << run.err;
  EXPECT_EQ(List("out"), Names{"t.qvr"});
  Expect(0, "quaver decode out/t.qvr -o all.wav");
  EXPECT_TRUE(ReadSound(Path("all.wav")).mono == ReadSound(Path("whole.wav")).mono);
}

TEST_P(StopSignals, EndAStreamIntoAPipe) {
  const auto& [name, number] = GetParam();
  const ToolRun run = Stop("quaver encode - -o - --model tiny < pipe > out/t.qvr", "endless.wav",
                           "kill -" + name + " $program");
  EXPECT_EQ(run.code, 128 + number) << run.err;
  Expect(0, "quaver decode out/t.qvr -o all.wav");
  EXPECT_TRUE(ReadSound(Path("all.wav")).mono == ReadSound(Path("whole.wav")).mono);
}

TEST_P(StopSignals, EndDecodingAndKeepWhatWasDecoded) {
  const auto& [name, number] = GetParam();
  Expect(0, "quaver encode in.wav -o - --max-delay 200 --model tiny > p.qvr; head -c 1500 p.qvr > half.qvr");
  Expect(0, "quaver decode p.qvr -o all.wav");
  const ToolRun run = Stop("quaver decode - -o out/t.wav < pipe", "half.qvr", "kill -" + name + " $program");
  EXPECT_EQ(run.code, 128 + number) << run.err;
  EXPECT_NE(run.err.find("ended by SIG" + name), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("damaged"), std::string::npos) << run.err;
  EXPECT_EQ(List("out"), Names{"t.wav"});
  const auto all = ReadSound(Path("all.wav")).mono;
  const auto part = ReadSound(Path("out/t.wav")).mono;
  ASSERT_GT(part.size(), 3200u);
  ASSERT_LT(part.size(), all.size());
  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin()));
}

TEST_P(StopSignals, EndALiveRecording) {
  const auto& [name, number] = GetParam();
  const ToolRun run = Stop("quaver live --input-file - --no-output --record out/t.wav --model tiny < pipe",
                           "endless.wav", "kill -" + name + " $program");
  EXPECT_EQ(run.code, 128 + number) << run.err;
  EXPECT_EQ(List("out"), Names{"t.wav"});
  EXPECT_EQ(ReadSound(Path("out/t.wav")).channels, 2);
}

INSTANTIATE_TEST_SUITE_P(All, StopSignals, testing::Values(StopSignal{"INT", 2}, StopSignal{"TERM", 15}),
                         [](const auto& tested) { return tested.param.name; });

// Two different ones: of equal signals that come at once the system keeps one.
TEST_F(StopTest, ASecondSignalAbortsAndLeavesNothing) {
  const ToolRun run = Stop("quaver encode - -o out/t.qvr --model tiny < pipe", "endless.wav",
                           "kill -INT $program; kill -TERM $program");
  EXPECT_TRUE(run.code == 128 + 2 || run.code == 128 + 15) << run.code << run.err;
  EXPECT_EQ(List("out"), Names{});
}

TEST_F(StopTest, AHangUpLeavesNothing) {
  const ToolRun run =
      Stop("quaver encode - -o out/t.qvr --model tiny < pipe", "endless.wav", "kill -HUP $program");
  EXPECT_EQ(run.code, 128 + 1) << run.err;
  EXPECT_EQ(List("out"), Names{});
}

TEST_F(StopTest, OfSeveralInputsNoFurtherOneIsBegun) {
  const ToolRun run = Stop("quaver encode pipe in.wav t.flac -o out --jobs 1 --model tiny", "endless.wav",
                           "kill -INT $program");
  EXPECT_EQ(run.code, 128 + 2) << run.err;
  EXPECT_NE(run.err.find("2 of 3 inputs were not begun"), std::string::npos) << run.err;
  EXPECT_EQ(List("out"), Names{"pipe.qvr"});
}

TEST_F(StopTest, AFullDiskIsNamedAndLeavesNothing) {
  MakeWav("long.wav", 16000 * 60);
  Expect(0, "quaver encode long.wav --model tiny -o long.qvr");
  for (const char* command :
       {"encode long.wav --model tiny -o out/a.qvr", "encode long.wav --model tiny -o out/a.npy",
        "decode long.qvr -o out/a.wav", "decode long.qvr -o out/a.flac"}) {
    // A limit of 8 or 16 kB: shells differ in their units.
    const ToolRun run = Expect(1, std::string("ulimit -f 16; quaver ") + command);
    EXPECT_NE(run.err.find(": write failed: File too large"), std::string::npos) << command << run.err;
    EXPECT_EQ(List("out"), Names{}) << command;
  }
}

}  // namespace
}  // namespace quaver
