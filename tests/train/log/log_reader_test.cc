#include "codec/train/log/log_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

class LogReader : public TempFolder {
 protected:
  std::string Log() const { return Path("log.jsonl"); }
  TrainingLog Read(const std::string& text) const {
    Put(Log(), text);
    auto log = ReadTrainingLog(Log());
    EXPECT_TRUE(log.ok()) << log.message();
    return log.ok() ? std::move(log).value() : TrainingLog();
  }
  std::string Problem(const std::string& text) const {
    Put(Log(), text);
    const auto log = ReadTrainingLog(Log());
    EXPECT_FALSE(log.ok()) << text;
    return log.ok() ? "" : log.message();
  }
};

constexpr char kTwoSteps[] =
    "{\"step\":1,\"loss\":3.5,\"time\":100.5}\n{\"step\":2,\"loss\":null,\"lr\":0.1}\n";

TEST_F(LogReader, StepsAndScalars) {
  const TrainingLog log = Read(std::string(kTwoSteps) + "{\"step\":3}\n");
  EXPECT_EQ(log.steps, (std::vector<int64_t>{1, 2, 3}));
  ASSERT_EQ(log.scalars.size(), 2u);
  EXPECT_EQ(log.scalars[0].name, "loss");
  ASSERT_EQ(log.scalars[0].values.size(), 3u);
  EXPECT_EQ(log.scalars[0].values[0], 3.5);
  EXPECT_TRUE(std::isnan(log.scalars[0].values[1]) && std::isnan(log.scalars[0].values[2]));
  ASSERT_EQ(log.scalars[1].values.size(), 3u);
  EXPECT_TRUE(std::isnan(log.scalars[1].values[0]));
  EXPECT_EQ(log.scalars[1].values[1], 0.1);
  EXPECT_EQ(log.times[0], 100.5);
  EXPECT_FALSE(log.unfinished);
}

TEST_F(LogReader, ALastLineWithoutItsEndIsLeftOut) {
  const std::string whole = std::string(kTwoSteps) + R"({"step":3,"loss":1.25})";
  for (size_t size = sizeof(kTwoSteps); size <= whole.size(); ++size) {
    const TrainingLog log = Read(whole.substr(0, size));
    EXPECT_EQ(log.steps.size(), 2u);
    EXPECT_TRUE(log.unfinished);
  }
  EXPECT_TRUE(Read("").steps.empty());
  EXPECT_TRUE(Read("{").unfinished);
}

TEST_F(LogReader, ALaterLineOfTheSameStepCounts) {
  const TrainingLog log = Read(
      "{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":2}\n{\"step\":2,\"validation\":{\"score\":2}}\n"
      "{\"step\":3,\"loss\":3}\n{\"step\":3,\"validation\":{\"score\":3}}\n"
      "{\"step\":2,\"start\":{\"a\":1}}\n{\"step\":3,\"loss\":30}\n{\"step\":4,\"loss\":4}\n");
  EXPECT_EQ(log.steps, (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(log.scalars[0].values, (std::vector<double>{1, 2, 30, 4}));
  ASSERT_EQ(log.validations.size(), 1u);
  EXPECT_EQ(log.validations[0].step, 2);
  EXPECT_EQ(log.starts, (std::vector<std::string>{"{\"a\":1}"}));
}

TEST_F(LogReader, ErrorsNameFileLineAndCause) {
  const std::string good = "{\"step\":1}\n";
  for (const auto& [line, cause] :
       std::vector<std::pair<std::string, std::string>>{{"nonsense", "not JSON"},
                                                        {"[1]", "not a JSON object"},
                                                        {"{}", "\"step\""},
                                                        {"{\"step\":-1}", "\"step\""},
                                                        {"{\"step\":\"1\"}", "\"step\""},
                                                        {"{\"step\":1.5}", "\"step\""},
                                                        {"{\"step\":18446744073709551615}", "\"step\""},
                                                        {"{\"step\":1,\"validation\":7}", "\"validation\""},
                                                        {"{\"step\":1,\"start\":7}", "\"start\""},
                                                        {std::string("{\"step\":\0}", 10), "not JSON"},
                                                        {std::string(5000000, '['), "1 MiB"}}) {
    const std::string problem = Problem(good + line + "\n" + good);
    EXPECT_EQ(problem.rfind(Log() + ": line 2: ", 0), 0u) << problem;
    EXPECT_NE(problem.find(cause), std::string::npos) << problem;
  }
  const auto missing = ReadTrainingLog(Path("nothing"));
  EXPECT_NE(missing.message().find(Path("nothing")), std::string::npos);
  EXPECT_FALSE(ReadTrainingLog(Path("")).ok());
}

TEST_F(LogReader, TooManyNamesAreRefused) {
  std::string line = "{\"step\":1";
  for (int i = 0; i < 300; ++i) line += ",\"v" + std::to_string(i) + "\":1";
  EXPECT_NE(Problem(line + "}\n").find("256"), std::string::npos);
}

// Whatever a broken disk or a hostile hand does: an error or a log, and under asan nothing else.
TEST_F(LogReader, DamagedLogsAreReadOrRefused) {
  const std::string text =
      std::string(kTwoSteps) +
      "{\"step\":2,\"validation\":{\"3\":{\"estoi\":0.5,\"log_mel_db\":3,\"clips\":2},"
      "\"tokens\":[{\"usage\":0.5}],\"lossy\":{\"n_q\":6}}}\n{\"step\":2,\"start\":{}}\n";
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string damaged = text;
    for (int i = 0; i < 3; ++i) {
      const size_t at = random() % damaged.size();
      if (random() % 2 == 0) {
        damaged[at] = static_cast<char>(random());
      } else {
        damaged.erase(at, random() % 8);
      }
    }
    Put(Log(), damaged);
    const auto log = ReadTrainingLog(Log());
    if (log.ok()) {
      EXPECT_LE(log.value().steps.size(), 5u);
    } else {
      EXPECT_NE(log.message().find(": line "), std::string::npos) << log.message();
    }
  }
}

TEST_F(LogReader, CutKeepsWhatTheCheckpointKnowsOf) {
  Put(Log(),
      std::string(kTwoSteps) + "garbage\n{\"step\":2,\"validation\":{}}\n{\"step\":3}\n{\"step\":4,\"lo");
  ASSERT_TRUE(CutTrainingLog(Log(), 2).ok());
  EXPECT_EQ(Content(Log()), std::string(kTwoSteps) + "{\"step\":2,\"validation\":{}}\n");
  EXPECT_EQ(Files().size(), 1u);
  ASSERT_TRUE(CutTrainingLog(Log(), 2).ok());
  EXPECT_EQ(Content(Log()), std::string(kTwoSteps) + "{\"step\":2,\"validation\":{}}\n");
  ASSERT_TRUE(CutTrainingLog(Log(), 0).ok());
  EXPECT_EQ(Content(Log()), "");
  EXPECT_TRUE(CutTrainingLog(Path("nothing"), 1).ok());
}

}  // namespace
}  // namespace quaver
