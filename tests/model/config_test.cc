// Configurations: what is read is written as it was, and what is refused is named.
#include "codec/model/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/random_weights.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;

// The canonical text of the tiny configuration, its bottleneck replaced.
std::string With(const std::string& bottleneck) {
  std::string text = CanonicalJson(TinyConfig());
  const size_t begin = text.find("{\"cdf\"");
  return text.replace(begin, text.find('}', begin) + 1 - begin, bottleneck);
}

std::string ErrorOf(const std::string& bottleneck) {
  const auto config = ParseConfig(With(bottleneck));
  return config.ok() ? "no error" : config.message();
}

TEST(Config, EveryTypeOfBottleneckComesBack) {
  for (const char* bottleneck : {
           R"({"cdf":"normal","groups":6,"levels":[8,6,5],"type":"fsp"})",
           R"({"codes":1024,"dims":4,"groups":18,"type":"vp"})",
           R"({"codes":16384,"dims":16,"groups":1,"type":"vp"})",
           R"({"groups":2,"levels":[64],"type":"fsq"})",
           R"({"groups":2,"levels":[3,3],"type":"fsq-noise"})",
           R"({"codes":1021,"dims":1,"groups":3,"type":"vq"})",
           R"({"codes":2,"dims":3,"groups":3,"type":"simvq"})",
           R"({"dims":3,"groups":3,"type":"none"})",
       }) {
    const auto config = ParseConfig(With(bottleneck));
    ASSERT_TRUE(config.ok()) << config.message();
    EXPECT_EQ(CanonicalJson(config.value()), With(bottleneck));
  }
}

TEST(Config, TheCodebookDecidesTokensAndLatents) {
  const auto config = ParseConfig(With(R"({"codes":4096,"dims":5,"groups":7,"type":"vp"})"));
  ASSERT_TRUE(config.ok()) << config.message();
  EXPECT_EQ(config.value().bottleneck.codes(), 4096);
  EXPECT_EQ(config.value().bottleneck.dims(), 5);
  EXPECT_EQ(config.value().bottleneck.latents(), 35);
}

TEST(Config, NamesWhatItRefuses) {
  EXPECT_EQ(ErrorOf(R"({"codes":1024,"dims":4,"groups":18,"type":"vp"})"), "no error");
  EXPECT_THAT(ErrorOf(R"({"codes":1,"dims":4,"groups":18,"type":"vp"})"), HasSubstr("\"codes\" is outside"));
  EXPECT_THAT(ErrorOf(R"({"codes":16385,"dims":4,"groups":18,"type":"vp"})"),
              HasSubstr("\"codes\" is outside 2 .. 16384"));
  EXPECT_THAT(ErrorOf(R"({"codes":1021,"dims":4,"groups":18,"type":"vp"})"),
              HasSubstr("\"codes\" is 1021, which has a prime factor above 61"));
  EXPECT_THAT(ErrorOf(R"({"codes":1024,"dims":0,"groups":18,"type":"vp"})"),
              HasSubstr("\"dims\" is outside"));
  EXPECT_THAT(ErrorOf(R"({"codes":1024,"dims":17,"groups":18,"type":"vp"})"),
              HasSubstr("\"dims\" is outside"));
  EXPECT_THAT(ErrorOf(R"({"codes":1024,"dims":4,"groups":19,"type":"vp"})"),
              HasSubstr("\"groups\" is outside"));
  EXPECT_THAT(ErrorOf(R"({"dims":4,"groups":18,"type":"vp"})"), HasSubstr("\"codes\" is missing"));
  EXPECT_THAT(ErrorOf(R"({"codes":1024,"groups":18,"levels":[8,5,5,5],"type":"vp"})"),
              HasSubstr("\"dims\" is missing"));
  EXPECT_THAT(ErrorOf(R"({"codes":1024,"dims":4,"groups":18,"levels":[8,5],"type":"vp"})"),
              HasSubstr("\"levels\" is not known"));
  EXPECT_THAT(ErrorOf(R"({"groups":18,"levels":[64,64,5],"type":"fsq"})"), HasSubstr("more than 16384"));
  EXPECT_THAT(ErrorOf(R"({"codes":1024,"dims":4,"groups":18,"type":"VP"})"),
              HasSubstr("type \"VP\" is not known"));
}

}  // namespace
}  // namespace quaver
