// encode --bitrate: how many tokens a frame packets get.
#include "codec/encode/rate_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/container/qvr.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

constexpr int kFrames = 25;  // a packet
constexpr double kFrameRate = 50;
constexpr double kToken = 8;  // bits, as the model expects

// Payload of 1 .. 18 tokens a frame.
std::vector<double> Expected() {
  std::vector<double> rates;
  for (int n_q = 1; n_q <= 18; ++n_q) rates.push_back(kFrameRate * kToken * n_q);
  return rates;
}

struct Sent {
  int n_q;
  double bits;
};

// `packets` in a row; cost: bits of a token in the packet of that number.
std::vector<Sent> Simulate(double bits_per_second, int packets, const std::function<double(int)>& cost) {
  RateControl control(bits_per_second, kFrameRate, Expected());
  std::vector<Sent> sent;
  for (int i = 0; i < packets; ++i) {
    const int n_q = control.NextTokens(kFrames);
    const auto bytes = static_cast<size_t>(std::ceil(kFrames * n_q * cost(i) / 8));
    control.Update(kFrames, n_q, bytes);
    sent.push_back({n_q, 8.0 * static_cast<double>(bytes)});
  }
  return sent;
}

double Rate(const std::vector<Sent>& sent) {  // bits per second
  double bits = 0;
  for (const Sent& packet : sent) bits += packet.bits;
  return bits * kFrameRate / (kFrames * static_cast<double>(sent.size()));
}

TEST(RateControl, FillsTheRateWithTwoNeighbouringNumbers) {
  for (const double rate : {1500.0, 3100.0, 4500.0, 5999.0}) {
    const auto sent = Simulate(rate, 120, [](int) { return kToken; });
    EXPECT_LE(Rate(sent), rate);
    EXPECT_GT(Rate(sent), 0.985 * rate);
    const int below = static_cast<int>(rate / (kFrameRate * kToken));
    for (const Sent& packet : sent) {
      EXPECT_GE(packet.n_q, below) << rate;
      EXPECT_LE(packet.n_q, below + 1) << rate;
    }
  }
}

TEST(RateControl, UsualIsWhatMostPacketsGet) {
  for (const double rate : {1300.0, 1500.0, 3100.0, 3900.0, 20000.0}) {
    const auto sent = Simulate(rate, 120, [](int) { return kToken; });
    const int usual = RateControl(rate, kFrameRate, Expected()).TypicalTokens();
    EXPECT_GT(std::ranges::count(sent, usual, &Sent::n_q), 60) << rate;
  }
}

TEST(RateControl, HoldsTheRateWhenTokensCostMoreThanExpected) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> cost(0.8 * kToken, 1.8 * kToken);
  const auto sent = Simulate(3000, 240, [&](int) { return cost(random); });
  EXPECT_LE(Rate(sent), 3000 * 1.005);
  EXPECT_GT(Rate(sent), 3000 * 0.96);
  double spent = 0;  // at no time is more than a second of the rate borrowed
  for (size_t i = 0; i < sent.size(); ++i) {
    spent += sent[i].bits;
    EXPECT_LT(spent, 3000 * (0.5 * static_cast<double>(i + 1) + 1)) << i;
  }
}

TEST(RateControl, SilenceNeitherDrivesTheNumberUpNorStarvesTheSpeechBehindIt) {
  const auto silence = [](int i) { return i >= 20 && i < 140 ? 0.1 : kToken; };  // a minute
  const auto sent = Simulate(3000, 200, silence);                                // 7.5 tokens
  for (int i = 0; i < 200; ++i) {
    const int n_q = sent[static_cast<size_t>(i)].n_q;
    EXPECT_LE(n_q, 15) << i;
    EXPECT_GE(n_q, 4) << i;
    if (i < 20 || i >= 150) {
      EXPECT_NEAR(n_q, 7.5, 0.6) << i;
    }
  }
}

TEST(RateControl, NeverSendsLessThanATokenOrMoreThanAll) {
  for (const Sent& packet : Simulate(100, 50, [](int) { return kToken; })) EXPECT_EQ(packet.n_q, 1);
  for (const Sent& packet : Simulate(1e6, 50, [](int) { return kToken; })) EXPECT_EQ(packet.n_q, 18);
}

class ControlledEncode : public ToolTest {};

TEST_F(ControlledEncode, KeepsToTheRateWithTheShippedModel) {
  MakeWav("in.wav", 640'000);
  for (const char* rate : {"0.5", "1.5", "3", "6"}) {
    Expect(0, std::string("quaver encode in.wav --force -o t.qvr --bitrate ") + rate + "k");
    const auto facts = nlohmann::json::parse(Expect(0, "quaver info t.qvr --json").out);
    EXPECT_LT(facts["payload_kbps"].get<double>(), 1.01 * std::stod(rate));
    EXPECT_GT(facts["payload_kbps"].get<double>(), 0.95 * std::stod(rate) - 0.1);
  }
}

// Of each frame of t.qvr the tokens that it has.
std::vector<std::vector<uint16_t>> Rows(const std::string& file, const Model& model) {
  size_t at = 0;
  const auto source = [&](std::span<uint8_t> into) {
    const size_t count = std::min(into.size(), file.size() - at);
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
    at += count;
    return static_cast<int64_t>(count);
  };
  auto reader = QvrReader::Open(source, "t.qvr").value();
  std::vector<std::vector<uint16_t>> rows;
  for (auto event = reader.Next().value(); event.kind == QvrEvent::kPacket; event = reader.Next().value()) {
    PacketTokens packet;
    EXPECT_TRUE(DecodePacket(model.entropy(), reader.header().defaults, event.packet, packet));
    for (int frame = 0; frame < packet.frames; ++frame) {
      const auto& token = packet.token[static_cast<size_t>(frame)];
      rows.emplace_back(token.begin(), token.begin() + packet.n_q[static_cast<size_t>(frame)]);
    }
  }
  return rows;
}

TEST_F(ControlledEncode, SendsTheFirstTokensOfAllGroups) {
  MakeWav("in.wav", 160'000);
  Expect(0, "quaver encode in.wav -o t.qvr --bitrate 1.5k");
  Expect(0, "quaver encode in.wav -o t.npy --tokens 18");
  const auto rows = Rows(Bytes("t.qvr"), *Model::BuiltIn().value());
  const TokenMatrix all = ReadTokens(Path("t.npy"));
  ASSERT_EQ(rows.size(), all.rows);
  std::set<size_t> numbers;
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto whole = std::span(all.values).subspan(18 * row, 18);
    EXPECT_TRUE(std::equal(rows[row].begin(), rows[row].end(), whole.begin())) << row;
    numbers.insert(rows[row].size());
  }
  EXPECT_FALSE(numbers.contains(0));
  EXPECT_GT(numbers.size(), size_t{1});  // the rate lies between two numbers of tokens
}

TEST_F(ControlledEncode, ShortPacketsHaveAFixedNumber) {
  MakeWav("in.wav", 40'000);
  Expect(0, "quaver encode in.wav -o t.qvr --bitrate 1.5k --frames-per-packet 1");
  Expect(0, "quaver encode in.wav -o t.npy --bitrate 1.5k");
  const auto rows = Rows(Bytes("t.qvr"), *Model::BuiltIn().value());
  const TokenMatrix fixed = ReadTokens(Path("t.npy"));
  ASSERT_EQ(rows.size(), fixed.rows);
  for (const auto& row : rows) EXPECT_EQ(row.size(), fixed.columns);
}

// The tiny model's tokens take 9.97 bits each, 18 of them 50 times a second.
TEST_F(ToolTest, ABitRateBeyondTheModelIsTold) {
  MakeWav("in.wav", 16000);
  for (const char* format : {"qvr", "npy"}) {
    const std::string encode = std::string("quaver encode in.wav --model tiny --force --format ") + format;
    const ToolRun run = Expect(0, encode + " --bitrate 12k");
    EXPECT_NE(run.err.find("--bitrate 12k is more than the model can use: it will be about 9.0 kbit/s"),
              std::string::npos)
        << run.err;
    EXPECT_EQ(Expect(0, encode + " --bitrate 12k --quiet").err, "");
    EXPECT_EQ(Expect(0, encode + " --bitrate 8.9k").err, "");
  }
  EXPECT_EQ(Expect(0, "quaver encode in.wav --model tiny --force --bitrate 9.2k --frames-per-packet 1").err,
            "");
}

}  // namespace
}  // namespace quaver
