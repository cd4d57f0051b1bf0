#include "codec/train/log/validation_result.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

ValidationResult Example() {
  ValidationResult result;
  result.rates = {{3, .7, 4, 12, .3}, {6, .8, 3, 12, -.01}, {12, .9, 2.5, 12}};
  result.lossy = RateScores{6, .65, 4.5, 11};
  result.frame_loss = .1;
  result.tokens = {{0, .9, 8.5, .36}, {0, .8, 8, .25}};
  result.codes = 1000;
  result.score = ScoreOf(result.rates);
  result.seconds = 7.5;
  return result;
}

TEST(ValidationResultTest, ComesBackFromJson) {
  const auto back = ParseValidation(Json::parse(ToJson(Example()).dump()));
  ASSERT_TRUE(back.ok()) << back.message();
  EXPECT_EQ(ToJson(back.value()), ToJson(Example()));
  ASSERT_EQ(back.value().rates.size(), 3u);
  EXPECT_EQ(back.value().rates[2].n_q, 12);
  EXPECT_EQ(back.value().lossy->clips, 11);
  EXPECT_EQ(back.value().tokens[1].entropy_bits, 8);
  EXPECT_EQ(back.value().rates[0].frozen_noise, .3);
  EXPECT_EQ(back.value().rates[2].frozen_noise, std::nullopt);
  EXPECT_EQ(back.value().score, Example().score);
}

TEST(ValidationResultTest, TheScoreIsLogMelAndFrozenNoise) {
  EXPECT_DOUBLE_EQ(ScoreOf({{3, .7, 4, 12}, {6, .8, 3, 12}}), -3.5);
  EXPECT_DOUBLE_EQ(ScoreOf({{3, .7, 4, 12, .02}}), -4);  // natural
  EXPECT_DOUBLE_EQ(ScoreOf({{3, .7, 4, 12, -.02}}), -4);
  EXPECT_DOUBLE_EQ(ScoreOf({{3, .7, 4, 12, .27}}), -6.5);
  EXPECT_DOUBLE_EQ(ScoreOf({{3, .7, 4, 12, -.27}}), -6.5);
  EXPECT_DOUBLE_EQ(ScoreOf({{3, .7, 4, 12}, {6, 0, 0, 0}}), -4);  // no clip
  EXPECT_LT(ScoreOf({{6, 0, 0, 0}}), ScoreOf({{3, 0, 100, 1, 1}}));
}

TEST(ValidationResultTest, LogsOfEarlierVersionsHaveAScoreAsWell) {
  const auto old = ParseValidation(Json::parse(R"({"12":{"clips":5,"estoi":0.9,"log_mel_db":2},
      "3":{"clips":5,"estoi":0.5,"log_mel_db":4},"score":0.7})"));
  ASSERT_TRUE(old.ok()) << old.message();
  EXPECT_DOUBLE_EQ(old.value().score, -3);
  EXPECT_EQ(old.value().rates[0].n_q, 3);
  EXPECT_FALSE(old.value().lossy.has_value());
}

TEST(ValidationResultTest, NothingScoredIsNotAScore) {
  ValidationResult none;
  none.rates = {{3, 0, 0, 0}};
  EXPECT_FALSE(ToJson(none).contains("3"));
  EXPECT_NE(Summary(none).find("no clip"), std::string::npos);
}

TEST(ValidationResultTest, RefusesWhatIsNotOne) {
  for (const char* text :
       {"3", "[]", R"({"3":4})", R"({"3":{"estoi":"x"}})", R"({"tokens":{}})", R"({"tokens":[1]})",
        R"({"lossy":[]})", R"({"3":{"clips":-1}})", R"({"3":{"clips":1e99}})", R"({"score":[]})",
        R"({"3":{"frozen_noise":"x"}})", R"({"codes":"many"})"}) {
    const auto result = ParseValidation(Json::parse(text));
    EXPECT_FALSE(result.ok()) << text;
    EXPECT_NE(result.message().find("validation"), std::string::npos) << result.message();
  }
  EXPECT_TRUE(ParseValidation(Json::parse(R"({"something":"new","3":{"estoi":null,"more":1}})")).ok());
}

}  // namespace
}  // namespace quaver
