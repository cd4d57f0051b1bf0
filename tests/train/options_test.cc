#include "codec/train/options.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/train/support.h"

namespace quaver {
namespace {

TEST(TrainingOptions, TheShippedConfigurationIsValid) {
  const auto config = LoadTrainingConfig(QUAVER_SOURCE_DIR "/models/speech-16k.json");
  ASSERT_TRUE(config.ok()) << config.message();
  EXPECT_EQ(config.value().model.bottleneck.groups, 18);
  EXPECT_EQ(config.value().training.leave_out.size(), 2u);
}

TEST(TrainingOptions, SurviveJson) {
  TrainingOptions options;
  options.batch = 7;
  options.loss.fft_sizes = {512, 1024};
  options.bottleneck.fsp.joint = true;
  options.augment.telephone = 0.25;
  const auto again = ParseTrainingOptions(TrainingJson(options));
  ASSERT_TRUE(again.ok()) << again.message();
  EXPECT_EQ(TrainingJson(again.value()), TrainingJson(options));
}

TEST(TrainingOptions, MistakesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"bach": 3})", "bach"},
      {R"({"batch": "many"})", "batch"},
      {R"({"batch": 0})", "batch"},
      {R"({"batch": 2.5})", "batch"},
      {R"({"batch": 4294967308})", "\"batch\" is out of range"},
      {R"({"seed": -1})", "\"seed\" is out of range"},
      {R"({"leave_out": [1]})", "\"leave_out\" has a value that has the wrong type"},
      {R"({"loss": {"fft_sizes": [256.5]}})", "fft_sizes"},
      {R"({"loss": {"fft_sizes": [1e300]}})", "fft_sizes"},
      {R"({"loss": {"mel": 1}})", "mel"},
      {R"({"drop": {"frame_rate": 2}})", "drop"},
      {R"({"loss": {"fft_sizes": [7]}})", "fft_sizes"},
      {R"({"augment": {"noise": 1.5}})", "augment"},
      {R"({"augment": {"echo": 0.5}})", "echo"},
      {R"({"loss": {"estoi": 6}})", "estoi"},
      {R"({"loss": {"a_weighting": true}})", "it changed no score"},
      {R"({"estoi": 0})", "estoi"},
  };
  for (const auto& [json, word] : cases) {
    const auto options = ParseTrainingOptions(json);
    ASSERT_FALSE(options.ok()) << json;
    EXPECT_NE(options.message().find(word), std::string::npos) << options.message();
  }
}

TEST(TrainingOptions, OfCheckpointsOfBeforeAreRead) {
  const auto options = ParseTrainingOptions(
      R"({"loss": {"estoi": 0.0, "disturbance": 0, "a_weighting": false, "log_mel": 3}})");
  ASSERT_TRUE(options.ok()) << options.message();
  EXPECT_EQ(options.value().loss.log_mel, 3);
  EXPECT_EQ(TrainingJson(options.value()).find("estoi"), std::string::npos);
}

TEST(TrainingOptions, ErrorsNameTheFile) {
  const TemporaryFolder folder("quaver_options_test");
  std::ofstream(folder / "broken.json") << "{";
  for (const std::string& path : {folder / "broken.json", folder / "missing.json"}) {
    const auto config = LoadTrainingConfig(path);
    ASSERT_FALSE(config.ok());
    EXPECT_NE(config.message().find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace quaver
