// train and export through the real program: a few steps on the sample clips.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

constexpr char kSamples[] = QUAVER_SOURCE_DIR "/samples";
constexpr char kConfig[] = R"({
  "model": {"name": "small", "sample_rate": 16000, "hop": 160, "window": 320, "overlap": 80, "conv_kernel": 1,
    "block_kernel": 3, "expansion": 1,
    "encoder_hops": {"channels": 8, "blocks": 1}, "encoder_frames": {"channels": 8, "blocks": 1},
    "decoder_frames": {"channels": 8, "blocks": 1}, "decoder_hops": {"channels": 8, "blocks": 1},
    "bottleneck": {"type": "fsp", "cdf": "tanh", "groups": 3, "levels": [8, 5, 5, 5]}},
  "training": {"steps": 100000, "batch": 2, "crop_frames": 8, "validate_every": 0,
    "leave_out": ["de-thorsten-03.flac", "missing.flac"], "loss": {"fft_sizes": [256]}}
})";

class TrainTool : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    Store("small.json", kConfig);
    Expect(0, std::string("mkdir data && cp ") + kSamples + "/*.flac data; echo nothing > data/broken.wav");
  }
  // Steps in the log; every line must be JSON.
  std::vector<int> Steps() const {
    std::vector<int> steps;
    std::istringstream log(Bytes("run/log.jsonl"));
    for (std::string line; std::getline(log, line);) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      EXPECT_TRUE(json.is_object()) << line;
      if (json.contains("loss")) steps.push_back(json["step"].get<int>());
    }
    return steps;
  }
};

// Ctrl-C ends with a checkpoint, --resume goes on from it, export makes a model that encodes and decodes.
TEST_F(TrainTool, TheWholeWay) {
  const ToolRun stopped =
      Expect(0, R"sh(quaver train --config small.json --data data --out run --threads 1 & trainer=$!
tries=0
while [ "$(cat run/log.jsonl 2>/dev/null | wc -l)" -lt 20 ] && [ $tries -lt 600 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -INT $trainer; wait $trainer)sh");
  EXPECT_NE(stopped.err.find("stopped after"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("broken.wav"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("there is no missing.flac"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("training: data: 4 clips"), std::string::npos) << stopped.err;
  EXPECT_NE(stopped.err.find("validation: data: 1 clips"), std::string::npos) << stopped.err;
  auto files = List("run");
  const auto events = [](const std::string& name) { return name.starts_with("events.out.tfevents."); };
  EXPECT_EQ(std::erase_if(files, events), 1u);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_TRUE(files[0].starts_with("checkpoint-")) << files[0];
  const auto before = Steps();
  ASSERT_GE(before.size(), 20u);

  Expect(1, "quaver train --config small.json --data data --out run");  // would lose the run
  const int goal = before.back() + 5;
  Expect(0, "quaver train --data data --out run --threads 1 --resume --steps " + std::to_string(goal));
  const auto after = Steps();
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i], static_cast<int>(i) + 1);
  EXPECT_EQ(after.back(), goal);

  Expect(0, "quaver export run -o small.safetensors");
  Expect(1, "quaver export run -o small.safetensors");
  Expect(0, "quaver export run -o small.safetensors --force --data data");
  MakeWav("in.wav", 20000);
  Expect(0, "quaver encode in.wav --model small.safetensors -o t.qvr --tokens 3");
  Expect(0, "quaver decode t.qvr --model small.safetensors");
  EXPECT_EQ(ReadSound(Path("t.wav")).mono.size(), 20000u);

  Expect(0,
         "quaver train --config small.json --data data --out next --init-from small.safetensors --steps 2 "
         "--threads 1");
  ASSERT_TRUE(Exists("next/checkpoint-00000002.pt"));
}

// A run on shards goes the same way as on what they were made of.
TEST_F(TrainTool, ShardsTrainLikeTheFolder) {
  Expect(0, "quaver pack data -o shards");
  const std::string train = "quaver train --config small.json --steps 3 --threads 1 --data ";
  Expect(0, train + "data --out a");
  Expect(0, train + "shards --out b");
  const auto losses = [this](const std::string& run) {
    std::vector<double> out;
    std::istringstream log(Bytes(run + "/log.jsonl"));
    for (std::string line; std::getline(log, line);) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (json.contains("loss")) out.push_back(json["loss"].get<double>());
    }
    return out;
  };
  EXPECT_EQ(losses("a").size(), 3u);
  EXPECT_EQ(losses("a"), losses("b"));
  Expect(0, "quaver export b -o b.safetensors");
}

// Vector perturbation trains, its codebooks are fitted to the data.
TEST_F(TrainTool, CodebooksAreFittedAfterTraining) {
  std::string config = kConfig;
  const std::string fsp = R"({"type": "fsp", "cdf": "tanh", "groups": 3, "levels": [8, 5, 5, 5]})";
  config.replace(config.find(fsp), fsp.size(), R"({"type": "vp", "groups": 3, "dims": 3, "codes": 16})");
  Store("vp.json", config);
  Expect(0, "quaver train --config vp.json --data data --out run --threads 1 --steps 3");
  const ToolRun fitted = Expect(0, "quaver fit-codebook run --frames 500");
  EXPECT_NE(fitted.err.find("exp(H)/K"), std::string::npos) << fitted.err;
  const std::string before = Bytes("run/checkpoint-00000003.pt");
  const ToolRun again = Expect(0, "quaver fit-codebook run --frames 500");
  EXPECT_EQ(again.err, fitted.err);
  EXPECT_EQ(Bytes("run/checkpoint-00000003.pt").size(), before.size());
  Expect(0, "quaver train --config small.json --data data --out fsp --threads 1 --steps 1");
  const ToolRun none = Expect(1, "quaver fit-codebook fsp");
  EXPECT_NE(none.err.find("\"fsp\" has no codebook"), std::string::npos) << none.err;
  Expect(1, "quaver fit-codebook nowhere");
  Expect(2, "quaver fit-codebook");
}

TEST_F(TrainTool, SaysWhatIsWrong) {
  Expect(0, "mkdir empty");
  const ToolRun empty = Expect(1, "quaver train --config small.json --data empty --out run");
  EXPECT_NE(empty.err.find("empty: no usable sound file"), std::string::npos) << empty.err;
  const std::string train = "quaver train --config small.json --data data --out run ";
  for (const char* options : {"--steps 0", "--minutes -1", "--threads 0", "--steps 3 --minutes 3", "stray",
                              "--resume", "--resume --init-from tiny"}) {
    EXPECT_NE(Expect(2, train + options).err, "") << options;
  }
  Expect(2, "quaver train --data data");
  Expect(1, train + "--init-from tiny");  // another network
  Expect(1, "quaver export nowhere -o x.safetensors");
  EXPECT_FALSE(Exists("x.safetensors"));
  Expect(2, "quaver export run");
}

}  // namespace
}  // namespace quaver
