// encode --effort: a better sound at the same rate.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"
#include "codec/encode/bitrate.h"
#include "codec/encode/perceptual_selector.h"
#include "codec/encode/token_rows.h"
#include "codec/encode/token_search.h"
#include "codec/metrics/masked_distance.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;
constexpr size_t kGroups = 18;
constexpr PacketDefaults kPackets = {25, 4};

std::shared_ptr<const Model> Shipped() {
  static const auto model = Model::BuiltIn().value();
  return model;
}

std::vector<uint16_t> Encoded(std::span<const float> samples) {
  Encoder encoder(Shipped());
  std::vector<uint16_t> tokens(samples.size() / kFrame * kGroups);
  EXPECT_GE(encoder.Encode(samples, kGroups, tokens), 0);
  return tokens;
}

int Kept(std::span<const uint16_t> rows, size_t row) {
  const auto tokens = rows.subspan(row * kGroups, kGroups);
  return static_cast<int>(std::ranges::find(tokens, kNoToken) - tokens.begin());
}

std::vector<int> Kept(std::span<const uint16_t> rows) {
  std::vector<int> kept;
  for (size_t row = 0; row < rows.size() / kGroups; ++row) kept.push_back(Kept(rows, row));
  return kept;
}

double PayloadBits(std::span<const uint16_t> rows) {
  const auto kept = Kept(rows);
  double bits = 0;
  for (size_t first = 0; first < kept.size(); first += 25) {
    PacketTokens packet;
    for (size_t row = first; row < std::min(kept.size(), first + 25); ++row)
      AppendFrame(packet, rows.subspan(row * kGroups, static_cast<size_t>(kept[row])));
    std::array<uint8_t, kMaxPacketBytes> bytes;
    bits += 8 * static_cast<double>(EncodePacket(Shipped()->entropy(), kPackets, packet, bytes));
  }
  return bits;
}

// Of the sound that these rows are decoded to, over all frames.
double DistanceOf(std::span<const float> samples, std::span<const uint16_t> rows) {
  const auto kept = Kept(rows);
  std::vector<float> decoded(kept.size() * kFrame);
  Decoder decoder(Shipped());
  for (size_t row = 0; row < kept.size(); ++row) {
    const auto tokens = rows.subspan(row * kGroups, static_cast<size_t>(kept[row]));
    EXPECT_TRUE(decoder.Decode(tokens, kept[row], std::span(decoded).subspan(row * kFrame, kFrame)));
  }
  std::vector<float> sound(static_cast<size_t>(Shipped()->delay()));
  sound.insert(sound.end(), samples.begin(), samples.end());
  sound.resize(decoded.size());
  MaskedDistance distance(16000, kFrame);
  distance.SetReference(sound);
  const auto squares = distance.Squares(decoded);
  return std::accumulate(squares.begin(), squares.end(), 0.0);
}

// Decodes of each row the first n_q tokens.
void Receive(std::span<const uint16_t> rows, int n_q, Decoder& receiver) {
  std::vector<float> decoded(kFrame);
  for (; !rows.empty(); rows = rows.subspan(kGroups))
    EXPECT_TRUE(receiver.Decode(rows.first(static_cast<size_t>(n_q)), n_q, decoded));
}

PerceptualSelector Fresh(double rate, bool search) {
  return {Shipped(), rate, ExpectedBitrates(*Shipped()).value(), kPackets, search};
}

std::vector<uint16_t> Chosen(double rate, bool search, std::span<const float> samples) {
  PerceptualSelector choice = Fresh(rate, search);
  auto rows = choice.Add(samples, Encoded(samples));
  const auto rest = choice.Finish();
  rows.insert(rows.end(), rest.begin(), rest.end());
  return rows;
}

TEST(PerceptualSelector, HoldsTheRateAndIsNearerThanEvenTokens) {
  const auto speech = Speech(150 * kFrame, 16000);
  const auto tokens = Encoded(speech);
  auto even = tokens;
  TruncateRows(std::vector<int>(150, 4), even);
  const double bits = PayloadBits(even);
  const auto rows = Chosen(bits / 3, false, speech);
  EXPECT_LE(PayloadBits(rows), bits);
  EXPECT_GT(PayloadBits(rows), 0.97 * bits);
  EXPECT_LT(DistanceOf(speech, rows), 0.98 * DistanceOf(speech, even));
  // The encoder's own tokens, fewer of them.
  for (size_t row = 0; row < 150; ++row) {
    const auto kept = static_cast<std::ptrdiff_t>(Kept(rows, row));
    EXPECT_GE(kept, 1);
    const auto at = static_cast<std::ptrdiff_t>(row * kGroups);
    EXPECT_TRUE(std::equal(rows.begin() + at, rows.begin() + at + kept, tokens.begin() + at)) << row;
  }
}

TEST(PerceptualSelector, SearchIsNearerAtTheSameRate) {
  const auto speech = Speech(60 * kFrame, 16000);
  const auto without = Chosen(1500, false, speech);
  const auto with = Chosen(1500, true, speech);
  EXPECT_LE(PayloadBits(with), 1500 * 1.2);
  EXPECT_LT(DistanceOf(speech, with), 0.9 * DistanceOf(speech, without));
}

TEST(PerceptualSelector, TakesAnyChunking) {
  const auto speech = Speech(70 * kFrame + 123, 16000);
  const auto expected = Chosen(2000, false, speech);
  ASSERT_EQ(expected.size(), 70 * kGroups);
  std::mt19937 random(3);
  PerceptualSelector choice = Fresh(2000, false);
  Encoder encoder(Shipped());
  std::vector<uint16_t> rows;
  for (size_t at = 0; at < speech.size();) {
    const auto part = std::span(speech).subspan(at, std::min<size_t>(random() % 2000, speech.size() - at));
    std::vector<uint16_t> tokens(static_cast<size_t>(encoder.FramesAfter(part.size())) * kGroups);
    encoder.Encode(part, kGroups, tokens);
    const auto some = choice.Add(part, tokens);
    rows.insert(rows.end(), some.begin(), some.end());
    at += part.size();
  }
  const auto rest = choice.Finish();
  rows.insert(rows.end(), rest.begin(), rest.end());
  EXPECT_EQ(rows, expected);
  EXPECT_TRUE(choice.Finish().empty());
}

TEST(PerceptualSelector, GetsOverSilenceAndWhatIsNoSound) {
  std::vector<float> silence(50 * kFrame);
  EXPECT_LE(PayloadBits(Chosen(3000, false, silence)), 3000);
  silence[100] = std::numeric_limits<float>::quiet_NaN();
  silence[5000] = -std::numeric_limits<float>::infinity();
  const auto rows = Chosen(1500, true, std::span(silence).first(30 * kFrame));
  EXPECT_EQ(rows.size(), 30 * kGroups);
  EXPECT_LE(PayloadBits(rows), 1500 * 0.6);
}

TEST(PerceptualSelector, GivesOneTokenWhereTheRateCannotBeHeld) {
  EXPECT_EQ(Kept(Chosen(50, true, Speech(40 * kFrame, 16000))), std::vector<int>(40, 1));
}

std::vector<std::byte> StateOf(const Decoder& decoder) {
  std::vector<std::byte> state(decoder.state_size());
  EXPECT_TRUE(decoder.Save(state));
  return state;
}

// Where the tokens that the search has found take more than the budget, fewer are sent than were searched,
// and the next search begins where a listener is who has received those. The rates are such that this happens
// at some of them.
TEST(PerceptualSelector, SearchGoesOnFromWhatIsSent) {
  const auto speech = Speech(50 * kFrame, 16000);
  const auto tokens = Encoded(speech);
  int refilled = 0;
  for (const double rate : {1500.0, 5000.0, 6500.0}) {
    PerceptualSelector choice = Fresh(rate, true);
    ASSERT_TRUE(choice.Add(speech, tokens).empty());
    const auto rows = choice.Finish();
    Decoder receiver(Shipped(), 1);
    for (size_t row = 0; row < 50; ++row)
      Receive(std::span(rows).subspan(row * kGroups, kGroups), Kept(rows, row), receiver);
    EXPECT_TRUE(StateOf(choice.receiver()) == StateOf(receiver)) << rate;
    // What the search was given: the allocation without a search, at the rate that it plans with.
    const auto searched = Kept(Chosen(rate / PerceptualSelector::kSearchGrowth, false, speech));
    if (Kept(rows) != searched) ++refilled;
  }
  EXPECT_GE(refilled, 1);
}

TEST(TokenSearch, LeavesTheReceiverAlone) {
  const auto speech = Speech(10 * kFrame, 16000);
  auto tokens = Encoded(speech);
  MaskedDistance distance(16000, kFrame);
  distance.SetReference(speech);
  const Decoder receiver(Shipped(), 1);
  const auto before = StateOf(receiver);
  TokenSearch search(Shipped(), kPackets.frames);
  search.Improve(receiver, std::vector<int>(10, 2), 0.5, tokens, distance);
  EXPECT_TRUE(StateOf(receiver) == before);
}

TEST(TokenSearch, GoesOnWhereTheLastCallEnded) {
  const auto speech = Speech(40 * kFrame, 16000);
  const std::vector<int> n_q(40, 2);
  const auto improved = [&](const std::vector<size_t>& parts) {
    auto tokens = Encoded(speech);
    std::vector<float> sound(static_cast<size_t>(Shipped()->delay()));
    sound.insert(sound.end(), speech.begin(), speech.end());
    TokenSearch search(Shipped(), kPackets.frames);
    Decoder receiver(Shipped());
    size_t first = 0;
    for (const size_t count : parts) {
      MaskedDistance distance(16000, kFrame);
      distance.SetReference(std::span(sound).subspan(first * kFrame, count * kFrame));
      const auto part = std::span(tokens).subspan(first * kGroups, count * kGroups);
      search.Improve(receiver, std::span(n_q).first(count), 0.5, part, distance);
      Receive(part, n_q[0], receiver);
      first += count;
    }
    TruncateRows(n_q, tokens);
    return DistanceOf(speech, tokens);
  };
  auto plain = Encoded(speech);
  TruncateRows(n_q, plain);
  EXPECT_LT(improved({40}), 0.9 * DistanceOf(speech, plain));
  EXPECT_LT(improved({20, 20}), 0.9 * DistanceOf(speech, plain));
}

class EffortEncode : public ToolTest {};

TEST_F(EffortEncode, HoldsTheRateAndDecodes) {
  MakeWav("in.wav", 48000 * 2, 48000, 2);
  for (const std::string effort : {"1", "2"}) {
    Expect(0, "quaver encode in.wav --bitrate 1.5k --force -o t.qvr --effort " + effort);
    const auto facts = nlohmann::json::parse(Expect(0, "quaver info t.qvr --json").out);
    EXPECT_LE(facts["payload_kbps"].get<double>(), 1.5 * 1.02);  // of two seconds, without the codec's delay
    EXPECT_GT(facts["payload_kbps"].get<double>(), 1.4);
    Expect(0, "quaver decode t.qvr --force -o t.wav");
    EXPECT_EQ(ReadSound(Path("t.wav")).mono.size(), size_t{96000});
  }
}

TEST_F(EffortEncode, WorksWithAnyModelAndShortSounds) {
  for (const size_t samples : {0, 1, 700, 16000 * 31}) {
    MakeWav("in.wav", samples);
    Expect(0, "quaver encode in.wav --model tiny --bitrate 1k --effort 1 --force -o t.qvr");
    Expect(0, "quaver decode t.qvr --force -o t.wav");
    EXPECT_EQ(ReadSound(Path("t.wav")).mono.size(), samples);
  }
  MakeWav("in.wav", 16000);
  const std::string encode = "quaver encode --model tiny --bitrate 1k --effort 2 ";
  Expect(0, encode + "in.wav --frames-per-packet 1 --force -o t.qvr");
  Expect(0, encode + "- -o - < in.wav > stream.qvr");
  Expect(0, "quaver decode stream.qvr -o stream.wav");
}

TEST_F(EffortEncode, RefusesWhatItIsNotFor) {
  MakeWav("in.wav", 16000);
  for (const std::string options :
       {"--effort 3", "--effort -1", "--effort 1 --tokens 3", "--effort 1 --vbr", "--effort 2 --format npy",
        "--effort 1 -o t.npy", "--effort 1 -o t.NPY", "--effort 2 -o - --format npy"}) {
    EXPECT_NE(Expect(2, "quaver encode in.wav --model tiny " + options).err, "") << options;
  }
  EXPECT_EQ(List(), std::vector<std::string>{"in.wav"});
}

}  // namespace
}  // namespace quaver
