#include "codec/train/log/run_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "codec/train/log/log_reader.h"
#include "codec/train/log/sample_store.h"
#include "tests/io/temp_folder.h"
#include "tests/train/log/event_reader.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

class RunLogTest : public TempFolder {
 protected:
  std::string Run() const { return Path("run"); }
  std::unique_ptr<RunLog> Open(int64_t step) const {
    fs::create_directories(Run());
    auto log = RunLog::Open(Run(), step);
    EXPECT_TRUE(log.ok()) << log.message();
    return log.ok() ? std::move(log).value() : nullptr;
  }
  static void Steps(RunLog& log, int from, int to, double scale = 1) {
    for (int step = from; step <= to; ++step) {
      const std::vector<NamedValue> values = {{"loss", scale * step}, {"lr", 0.5}};
      ASSERT_TRUE(log.Step(step, values).ok());
    }
  }
  static ValidationResult Scored(double score) {
    ValidationResult result;
    result.rates = {{3, score, 10 - score, 2, .1}};
    result.score = ScoreOf(result.rates);
    result.sample_rate = 16000;
    const std::vector<float> sound(1600, 0.25f);
    result.samples = {{"a b/c", sound, {{3, sound}}}};
    return result;
  }
  TrainingLog Read() const {
    auto log = ReadTrainingLog(Run() + "/log.jsonl");
    EXPECT_TRUE(log.ok()) << log.message();
    return log.ok() ? std::move(log).value() : TrainingLog();
  }
};

TEST_F(RunLogTest, WritesEveryStepOnceAcrossARestart) {
  {
    const auto log = Open(0);
    ASSERT_TRUE(log->Start({{"version", "1"}}).ok());
    Steps(*log, 1, 30);
    ASSERT_TRUE(log->Validation(30, Scored(0.5)).ok());
    Steps(*log, 31, 40);
    ASSERT_TRUE(log->Validation(40, Scored(0.6)).ok());
  }
  {
    const auto log = Open(35);  // the checkpoint's step
    ASSERT_TRUE(log->Start({{"version", "2"}}).ok());
    EXPECT_EQ(SampleSteps(Run()), (std::vector<int64_t>{30}));
    Steps(*log, 36, 45, 10);
  }
  const TrainingLog log = Read();
  ASSERT_EQ(log.steps.size(), 45u);
  for (size_t i = 0; i < 45; ++i) {
    EXPECT_EQ(log.steps[i], static_cast<int64_t>(i) + 1);
    EXPECT_EQ(log.scalars.at(0).values[i], static_cast<double>(i + 1) * (i < 35 ? 1 : 10));
  }
  EXPECT_EQ(log.starts.size(), 2u);
  ASSERT_EQ(log.validations.size(), 1u);
  EXPECT_GT(log.times[0], 1.6e9);

  // TensorBoard's own rule: a start forgets everything from its step on.
  std::map<int64_t, float> loss;
  for (const size_t file : {0u, 1u}) {
    for (const ReadEvent& event : ReadEvents(EventPath(Run(), file))) {
      if (event.session_start) loss.erase(loss.lower_bound(event.step), loss.end());
      if (event.values.contains("train/loss")) loss[event.step] = event.values.at("train/loss").Float(2);
    }
  }
  ASSERT_EQ(loss.size(), 45u);
  EXPECT_EQ(loss.at(35), 35);
  EXPECT_EQ(loss.at(36), 360);
}

TEST_F(RunLogTest, NotFiniteValuesAreNull) {
  const std::vector<NamedValue> values = {{"loss", NAN}, {"gradient", INFINITY}};
  ASSERT_TRUE(Open(0)->Step(1, values).ok());
  const std::string text = Content(Run() + "/log.jsonl");
  EXPECT_NE(text.find("\"loss\":null,\"gradient\":null"), std::string::npos) << text;
  EXPECT_TRUE(std::isnan(Read().scalars.at(1).values.at(0)));
}

TEST_F(RunLogTest, KeepsTheSamplesOfTheFirstTheLastAndTheBest) {
  const auto log = Open(0);
  const std::vector<double> scores = {.1, .9, .2, .8, .3, .7, .6, .5};
  for (size_t i = 0; i < scores.size(); ++i)
    ASSERT_TRUE(log->Validation(static_cast<int64_t>(i) + 1, Scored(scores[i])).ok());
  EXPECT_EQ(SampleSteps(Run()), (std::vector<int64_t>{1, 2, 4, 6, 8}));
  EXPECT_TRUE(fs::exists(Run() + "/samples/a_b_c-ref.flac"));
  const auto clips = ListSamples(Run(), 8);
  ASSERT_EQ(clips.size(), 1u);
  EXPECT_EQ(clips[0].name, "a_b_c");
  EXPECT_NE(clips[0].reference, "");
  ASSERT_EQ(clips[0].decoded.size(), 1u);
  EXPECT_EQ(clips[0].decoded[0].n_q, 3);
  EXPECT_EQ(clips[0].decoded[0].path, Run() + "/samples/step-000008/a_b_c-q03.flac");
}

TEST_F(RunLogTest, AStrangersFilesAmongTheSamplesStay) {
  const auto log = Open(0);
  for (int step = 1; step <= 6; ++step) {
    ASSERT_TRUE(log->Validation(step, Scored(step)).ok());
    Put(Run() + "/samples/step-000002/mine.txt", "x");
  }
  EXPECT_TRUE(fs::exists(Run() + "/samples/step-000002/mine.txt"));
  EXPECT_TRUE(ListSamples(Run(), 2).empty());
}

TEST_F(RunLogTest, TensorBoardGetsScoresSoundAndPictures) {
  { ASSERT_TRUE(Open(0)->Validation(5, Scored(0.5)).ok()); }
  std::map<std::string, int> tags;
  for (const ReadEvent& event : ReadEvents(EventPath(Run()))) {
    for (const auto& [tag, value] : event.values) tags[tag] += value.Has(2) ? 1 : value.Has(4) ? 10 : 100;
  }
  EXPECT_EQ(tags["validation/estoi_q03"], 1);
  EXPECT_EQ(tags["validation/log_mel_db_q03"], 1);
  EXPECT_EQ(tags["validation/frozen_noise_q03"], 1);
  EXPECT_EQ(tags["validation/score"], 1);
  EXPECT_EQ(tags["a_b_c/reference"], 110);
  EXPECT_EQ(tags["a_b_c/q03"], 110);
}

TEST_F(RunLogTest, SaysWhereItCannotWrite) {
  const auto log = RunLog::Open(Path("nowhere"), 0);
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.message().find("nowhere"), std::string::npos) << log.message();
}

TEST(SampleNames, AreSafe) {
  EXPECT_EQ(SafeName("../../etc/passwd"), "_.._.._etc_passwd");
  EXPECT_EQ(SafeName(""), "_");
  EXPECT_EQ(SafeName("ä x"), "___x");
  EXPECT_EQ(RateName(3), "q03");
}

}  // namespace
}  // namespace quaver
