// encode --vbr: how many tokens a frame is worth.
#include "codec/encode/variable_rate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/io/npy.h"
#include "codec/io/sound_file.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;

VariableRate Fresh(int n_q) { return {static_cast<int>(kFrame), 50, n_q}; }

std::vector<float> Tone(size_t samples, double decibels) {
  std::vector<float> tone(samples);
  const double scale = std::sqrt(2.0) * std::pow(10, decibels / 20);
  const double step = 0.1 * std::acos(-1.0);
  for (size_t i = 0; i < samples; ++i) {
    tone[i] = static_cast<float>(scale * std::sin(step * static_cast<double>(i)));
  }
  return tone;
}

std::vector<float> Louder(std::vector<float> samples, float factor) {
  for (float& sample : samples) sample *= factor;
  return samples;
}

TEST(VariableRate, TakesAnyChunking) {
  const auto speech = Speech(60'000, 16000);
  VariableRate whole = Fresh(13);
  const auto expected = whole.Add(speech);
  ASSERT_EQ(expected.size(), speech.size() / kFrame);
  std::mt19937 random(3);
  VariableRate parts = Fresh(13);
  std::vector<int> tokens;
  for (size_t at = 0; at < speech.size();) {
    const size_t count = std::min<size_t>(random() % 900, speech.size() - at);
    const auto some = parts.Add(std::span(speech).subspan(at, count));
    tokens.insert(tokens.end(), some.begin(), some.end());
    at += count;
  }
  EXPECT_EQ(tokens, expected);
}

TEST(VariableRate, DoesNotDependOnTheLevel) {
  const auto speech = Speech(100'000, 16000);
  const auto expected = Fresh(13).Add(speech);
  for (const float factor : {0.125f, 0.5f, 4.0f}) {
    EXPECT_EQ(Fresh(13).Add(Louder(speech, factor)), expected) << factor;
  }
}

TEST(VariableRate, GivesSpeechMostOfItsTokens) {
  const auto tokens = Fresh(13).Add(Speech(200'000, 16000));
  const auto count = static_cast<double>(tokens.size());
  const double mean = std::accumulate(tokens.begin(), tokens.end(), 0.0) / count;
  EXPECT_GT(static_cast<double>(std::count(tokens.begin(), tokens.end(), 13)) / count, 0.4);
  EXPECT_GT(mean, 7);
  EXPECT_LT(mean, 12.5);
}

TEST(VariableRate, FollowsTheLevelBesideTheLoudest) {
  const std::vector<std::pair<double, int>> steps = {{0, 11}, {-19, 11}, {-30, 6}, {-36, 3}, {-41, 1}};
  for (const auto& [decibels, tokens] : steps) {
    VariableRate rate = Fresh(11);
    rate.Add(Tone(10 * kFrame, -10));
    EXPECT_EQ(rate.Add(Tone(kFrame, -10 + decibels)), std::vector<int>{tokens}) << decibels;
  }
}

TEST(VariableRate, HearsQuietSpeechOnceTheLoudIsForgotten) {
  VariableRate rate = Fresh(11);
  rate.Add(Tone(10 * kFrame, 0));
  const auto quiet = rate.Add(Tone(40 * 50 * kFrame, -35));
  EXPECT_LT(quiet.front(), 5);
  EXPECT_EQ(quiet[15 * 50 + 1], 11);  // after a second for each dB beyond 20
  EXPECT_TRUE(std::is_sorted(quiet.begin(), quiet.end()));
}

TEST(VariableRate, GivesSilenceOneToken) {
  for (const int n_q : {1, 6, 18}) {
    VariableRate rate = Fresh(n_q);
    EXPECT_EQ(rate.Add(std::vector<float>(5 * kFrame)), std::vector<int>(5, 1));
    rate.Add(Tone(10 * kFrame, -10));
    EXPECT_EQ(rate.Add(std::vector<float>(50 * kFrame)), std::vector<int>(50, 1));
    EXPECT_EQ(rate.Add(Tone(kFrame, -10)), std::vector<int>{n_q});
  }
}

TEST(VariableRate, GetsOverWhatIsNoSound) {
  VariableRate rate = Fresh(5);
  std::vector<float> wild(kFrame, std::numeric_limits<float>::max());
  wild[7] = std::numeric_limits<float>::quiet_NaN();
  wild[9] = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(rate.Add(wild), std::vector<int>{5});
  rate.Add(std::vector<float>(60 * 50 * kFrame));
  EXPECT_EQ(rate.Add(Tone(kFrame, -10)), std::vector<int>{5});
}

class VariableEncode : public ToolTest {};

TEST_F(VariableEncode, KeepsTheFirstTokensOfEachFrame) {
  MakeWav("in.wav", 80'000);
  Expect(0, "quaver encode in.wav --model tiny --tokens 3 -o all.npy");
  Expect(0, "quaver encode in.wav --model tiny --tokens 3 --vbr -o some.npy");
  Expect(0, "quaver encode in.wav --model tiny --tokens 3 --vbr -o some.qvr");
  const TokenMatrix all = ReadTokens(Path("all.npy"));
  const TokenMatrix some = ReadTokens(Path("some.npy"));
  const auto kept = Fresh(3).Add(ReadSound(Path("in.wav")).mono);
  ASSERT_EQ(some.rows, all.rows);
  ASSERT_EQ(some.columns, all.columns);
  size_t fewer = 0;
  for (size_t row = 0; row < kept.size(); ++row) {
    fewer += kept[row] < 3 ? 1 : 0;
    for (size_t i = 0; i < 3; ++i) {
      const size_t at = 3 * row + i;
      ASSERT_EQ(some.values[at], static_cast<int>(i) < kept[row] ? all.values[at] : 65535) << row;
    }
  }
  EXPECT_GT(fewer, size_t{10});
  Expect(0, "quaver decode some.npy --model tiny -o a.wav; quaver decode some.qvr -o b.wav");
  const auto tokens = ReadSound(Path("a.wav")).mono;
  const auto packets = ReadSound(Path("b.wav")).mono;
  ASSERT_EQ(packets.size(), size_t{80'000});
  EXPECT_TRUE(std::equal(packets.begin(), packets.end(), tokens.begin()));
}

TEST_F(VariableEncode, SilenceCostsNextToNothingWithTheShippedModel) {
  auto writer = SoundWriter::Create(Path("in.wav"), 16000, 1);
  ASSERT_TRUE(writer.ok() && writer.value()->Write(std::vector<float>(480'000)).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  const auto rate = [&](const std::string& option) {
    Expect(0, "quaver encode in.wav --bitrate 6k --force -o t.qvr" + option);
    const auto facts = nlohmann::json::parse(Expect(0, "quaver info t.qvr --json").out);
    return facts["payload_bytes"].get<double>() * 8 / 30;
  };
  const double variable = rate(" --vbr");  // bits per second
  EXPECT_LT(variable, 200);
  EXPECT_LT(3 * variable, rate(""));
}

}  // namespace
}  // namespace quaver
