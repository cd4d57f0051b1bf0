// train and export through the real program: a few steps on the sample clips.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/apps/train_tool.h"

namespace quaver {
namespace {

// Ctrl-C ends with a checkpoint, --resume goes on from it, export makes a model that encodes and decodes.
TEST_F(TrainTool, TheWholeWay) {
  const ToolRun stopped =
      Expect(0, R"sh(quaver train --config small.json --data data --out run --threads 1 & trainer=$!
until grep -qs '"step":20,' run/log.jsonl || ! kill -0 $trainer 2>/dev/null; do sleep 0.1; done
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

  Expect(0, "quaver export run -o small.safetensors --entropy-steps 5");
  Expect(1, "quaver export run -o small.safetensors");
  Expect(0, "quaver export run -o small.safetensors --force --data data --entropy-steps 5");
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
  Expect(0, "quaver export b -o b.safetensors --entropy-steps 5");
}

// Every bottleneck trains, goes on where it stopped, is validated and scored; those that are there to be
// compared with are not exported, and export says why.
TEST_F(TrainTool, BottlenecksAreScoredFromTheRun) {
  const std::pair<const char*, int> kinds[] = {
      {R"({"type": "fsq", "groups": 2, "levels": [8, 6, 5]})", 240},
      {R"({"type": "fsq-noise", "groups": 2, "levels": [8, 6, 5]})", 240},
      {R"({"type": "vq", "groups": 2, "dims": 3, "codes": 16})", 16},
      {R"({"type": "simvq", "groups": 2, "dims": 3, "codes": 16})", 16},
      {R"({"type": "none", "groups": 2, "dims": 3})", 0}};
  Expect(0, "mkdir clips && cp data/fr-common-voice-3.flac clips && cp data/en-vctk-p243.flac clips");
  for (const auto& [bottleneck, codes] : kinds) {
    auto config = nlohmann::json::parse(kConfig);
    config["model"]["bottleneck"] = nlohmann::json::parse(bottleneck);
    config["training"]["steps"] = 4;
    config["training"]["validate_every"] = 2;
    config["training"]["vq"] = {{"ema", true}};
    Store("other.json", config.dump());
    Expect(0, "rm -rf run decoded");
    Expect(0, "quaver train --config other.json --data data --out run --threads 1");
    Expect(0, "quaver train --data data --out run --threads 1 --resume --steps 6");
    EXPECT_EQ(Steps().size(), 6u) << bottleneck;
    const ToolRun scored = Expect(0, "quaver evaluate clips decoded --run run --json");
    const auto facts = nlohmann::json::parse(scored.out, nullptr, false);
    ASSERT_TRUE(facts.is_object()) << scored.out;
    EXPECT_EQ(facts["clips"], 2);
    EXPECT_EQ(facts["run"]["bottleneck"], config["model"]["bottleneck"]);
    EXPECT_GT(facts["run"]["loss"]["quantised"]["total"].get<double>(), 0) << bottleneck;
    EXPECT_GT(facts["run"]["loss"]["trained"]["total"].get<double>(), 0) << bottleneck;
    EXPECT_EQ(ReadSound(Path("decoded/en-vctk-p243.wav")).mono.size(),
              ReadSound(Path("clips/en-vctk-p243.flac")).mono.size());
    EXPECT_EQ(facts["run"].contains("tokens"), codes > 0) << bottleneck;
    if (codes > 0) {
      EXPECT_EQ(facts["run"]["codes"], codes);
      EXPECT_EQ(facts["run"]["tokens"].size(), 2u);
    }
    const ToolRun refused = Expect(1, "quaver export run -o other.safetensors");
    EXPECT_NE(refused.err.find("type \"" + config["model"]["bottleneck"]["type"].get<std::string>() + "\""),
              std::string::npos)
        << refused.err;
    EXPECT_FALSE(Exists("other.safetensors"));
  }
}

// The same network scores the same by its run and by its weights file, unless the export changes its level;
// other levels of the bottleneck can stand in.
TEST_F(TrainTool, ScoresOfARunAreThoseOfItsExport) {
  Expect(0, "quaver train --config small.json --data data --out run --threads 1 --steps 5");
  Expect(0, "cp data/en-vctk-p243.flac clip.flac");
  Expect(0, "quaver export run -o small.safetensors --entropy-steps 5 --keep-level");
  Expect(0,
         "quaver encode clip.flac -o t.qvr --model small.safetensors --tokens 2 && "
         "quaver decode t.qvr --model small.safetensors -o exported.wav");
  const auto score = [this](const std::string& line) {
    const auto facts = nlohmann::json::parse(Expect(0, line).out, nullptr, false);
    return facts.value("log_mel_db", 0.0);
  };
  const double exported = score("quaver evaluate clip.flac exported.wav --json");
  Expect(0, "quaver export run -o level.safetensors --entropy-steps 5");
  EXPECT_NE(Bytes("level.safetensors"), Bytes("small.safetensors"));
  EXPECT_NEAR(score("quaver evaluate clip.flac own.wav --run run --n-q 2 --json"), exported, 0.05);
  const std::string levels = R"( --bottleneck '{"type": "fsp", "cdf": "tanh", "groups": 3, "levels": [)";
  const double same = score("quaver evaluate clip.flac a.wav --run run --json" + levels + "8, 5, 5, 5]}'");
  EXPECT_EQ(same, score("quaver evaluate clip.flac b.wav --run run --json"));
  EXPECT_NE(same, score("quaver evaluate clip.flac c.wav --run run --json" + levels + "2, 2, 2, 2]}'"));
  Expect(1, "quaver evaluate clip.flac d.wav --run run" + levels + "8, 5]}'");
  Expect(1, "quaver evaluate clip.flac d.wav --run run --n-q 4");
  Expect(1, "quaver evaluate clip.flac d.wav --run nowhere");
  Expect(2, "quaver evaluate clip.flac d.wav --n-q 2");
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
  Expect(0, "quaver train --config vp.json --data data --out unfitted --threads 1 --steps 1");
  Expect(0, "quaver evaluate data/en-vctk-p243.flac own.wav --run unfitted");
  Expect(0, R"(quaver evaluate data/en-vctk-p243.flac own.wav --run unfitted --json --bottleneck \
    '{"type": "vp", "groups": 3, "dims": 3, "codes": 64}' | grep '"codes": 64')");
  Expect(0, "quaver train --config small.json --data data --out fsp --threads 1 --steps 1");
  const ToolRun none = Expect(1, "quaver fit-codebook fsp");
  EXPECT_NE(none.err.find("\"fsp\" has no codebook"), std::string::npos) << none.err;
  Expect(1, "quaver fit-codebook nowhere");
  Expect(2, "quaver fit-codebook");
}

TEST_F(TrainTool, AnEntropyModelCanBeFittedAnew) {
  Expect(0, "quaver fit-entropy tiny --data data --steps 0 -o tables.safetensors");
  const ToolRun fitted =
      Expect(0, "quaver fit-entropy tiny --data data --steps 5 --units 4 -o network.safetensors");
  EXPECT_NE(fitted.err.find("before: not known"), std::string::npos) << fitted.err;
  Expect(1, "quaver fit-entropy tiny --data data --steps 0 -o tables.safetensors");
  Expect(0, "quaver fit-entropy network.safetensors --data data --steps 0 -o tables.safetensors --force");
  EXPECT_NE(Expect(0, "quaver info network.safetensors").out.find("a network of 4 units"), std::string::npos);
  // The tokens are the same, and packets come back through each.
  for (const std::string model : {"tables", "network"}) {
    const std::string file = model + ".safetensors";
    Expect(0, "quaver encode data/en-vctk-p243.flac -o " + model + ".npy --tokens 18 --model " + file);
    Expect(0, "quaver encode data/en-vctk-p243.flac -o " + model + ".qvr --tokens 18 --model " + file);
    Expect(0, "quaver decode " + model + ".qvr -o " + model + ".wav --model " + file);
  }
  EXPECT_EQ(Bytes("tables.npy"), Bytes("network.npy"));
  EXPECT_NE(Bytes("tables.qvr"), Bytes("network.qvr"));
  EXPECT_EQ(Bytes("tables.wav"), Bytes("network.wav"));
  Expect(2, "quaver fit-entropy tiny --data data");
  Expect(2, "quaver fit-entropy tiny --data data -o x.safetensors --units 65");
  Expect(1, "quaver fit-entropy nowhere --data data -o x.safetensors");
  Expect(1, "quaver fit-entropy tiny --data nowhere -o x.safetensors");
  EXPECT_FALSE(Exists("x.safetensors"));
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
