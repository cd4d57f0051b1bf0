// A run of the real trainer: a network that is as small as can be, on the sample clips.
#ifndef QUAVER_TESTS_APPS_TRAIN_TOOL_H_
#define QUAVER_TESTS_APPS_TRAIN_TOOL_H_

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {

class TrainTool : public ToolTest {
 protected:
  static constexpr char kSamples[] = QUAVER_SOURCE_DIR "/samples";
  static constexpr char kConfig[] = R"({
  "model": {"name": "small", "sample_rate": 16000, "hop": 160, "window": 320, "overlap": 80, "conv_kernel": 1,
    "block_kernel": 3, "expansion": 1,
    "encoder_hops": {"channels": 8, "blocks": 1}, "encoder_frames": {"channels": 8, "blocks": 1},
    "decoder_frames": {"channels": 8, "blocks": 1}, "decoder_hops": {"channels": 8, "blocks": 1},
    "bottleneck": {"type": "fsp", "cdf": "tanh", "groups": 3, "levels": [8, 5, 5, 5]}},
  "training": {"steps": 100000, "batch": 2, "crop_frames": 8, "validate_every": 0,
    "leave_out": ["de-thorsten-03.flac", "missing.flac"], "loss": {"fft_sizes": [256]}}
})";

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

}  // namespace quaver

#endif  // QUAVER_TESTS_APPS_TRAIN_TOOL_H_
