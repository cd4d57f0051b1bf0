// Streams from samples to packets and back: any chunking, exact lengths, rates that are held, errors that are
// values.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

constexpr size_t kSamples = 5 * 16000 + 77;

std::shared_ptr<const Model> Shipped() {
  static const auto model = Model::BuiltIn().value();
  return model;
}

const std::vector<float>& Clip() {
  static const std::vector<float> clip = Speech("en-vctk-p228.flac", kSamples);
  return clip;
}

std::vector<EncodedPacket> ReadAll(StreamEncoder& encoder) {
  std::vector<EncodedPacket> packets;
  while (auto packet = encoder.Read()) packets.push_back(*std::move(packet));
  return packets;
}

size_t PayloadBytes(const EncodedSound& sound) {
  size_t bytes = 0;
  for (const EncodedPacket& packet : sound.packets) bytes += packet.bytes.size();
  return bytes;
}

EncoderOptions Options(double rate, int tokens, int frames, bool variable, int effort) {
  return {rate, tokens, frames, variable, effort};
}

const std::array kAll = {Options(3000, 0, 25, false, 0), Options(1500, 0, 1, false, 0),
                         Options(0, 7, 5, false, 0),     Options(6000, 0, 25, true, 0),
                         Options(0, 9, 3, true, 0),      Options(1500, 0, 25, false, 1)};

TEST(StreamEncoder, AnyChunkingGivesTheSamePackets) {
  for (const EncoderOptions& options : kAll) {
    const auto whole = EncodeSound(Shipped(), options, Clip());
    ASSERT_TRUE(whole.ok()) << whole.message();
    auto encoder = StreamEncoder::Create(Shipped(), options);
    ASSERT_TRUE(encoder.ok());
    EXPECT_EQ(encoder.value().format().n_q, whole.value().format.n_q);
    TestRandom random(7);
    std::vector<EncodedPacket> packets;
    for (size_t at = 0; at < kSamples;) {
      const size_t count = std::min<size_t>(random.Below(3000), kSamples - at);
      EXPECT_TRUE(encoder.value().Write(std::span(Clip()).subspan(at, count)));
      at += count;
      for (auto& packet : ReadAll(encoder.value())) packets.push_back(std::move(packet));
    }
    EXPECT_EQ(encoder.value().samples(), kSamples);
    EXPECT_TRUE(encoder.value().Flush());
    EXPECT_EQ(encoder.value().samples(), kSamples);
    EXPECT_FALSE(encoder.value().Flush());
    EXPECT_FALSE(encoder.value().Write(Clip()));
    for (auto& packet : ReadAll(encoder.value())) packets.push_back(std::move(packet));
    ASSERT_EQ(packets.size(), whole.value().packets.size());
    for (size_t i = 0; i < packets.size(); ++i)
      EXPECT_EQ(packets[i].bytes, whole.value().packets[i].bytes) << i;
  }
}

TEST(StreamEncoder, HoldsItsRate) {
  for (const int effort : {0, 1}) {
    const auto sound = EncodeSound(Shipped(), Options(1500, 0, 25, false, effort), Clip());
    ASSERT_TRUE(sound.ok());
    const double rate = 8.0 * static_cast<double>(PayloadBytes(sound.value())) * 16000 / kSamples;
    EXPECT_LT(rate, 1500 * 1.02);
    EXPECT_GT(rate, 1500 * 0.9);
  }
}

TEST(StreamEncoder, PacketsAreTheTokensOfTheEncoder) {
  Encoder encoder(Shipped());
  std::vector<uint16_t> expected(kSamples / 320 * 7);
  ASSERT_EQ(encoder.Encode(Clip(), 7, expected), static_cast<int>(kSamples / 320));
  const auto sound = EncodeSound(Shipped(), Options(0, 7, 5, false, 0), Clip()).value();
  std::vector<uint16_t> tokens;
  for (const EncodedPacket& packet : sound.packets) {
    PacketTokens rows;
    ASSERT_TRUE(DecodePacket(Shipped()->entropy(), sound.format, packet.bytes, rows));
    EXPECT_EQ(rows.frames, packet.frames);
    for (size_t f = 0; f < static_cast<size_t>(rows.frames); ++f)
      tokens.insert(tokens.end(), rows.token[f].begin(), rows.token[f].begin() + rows.n_q[f]);
  }
  ASSERT_GT(tokens.size(), expected.size());  // and the end
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), tokens.begin()));
}

TEST(StreamEncoder, ReadsTokensInsteadOfPackets) {
  for (const EncoderOptions& options : kAll) {
    const auto sound = EncodeSound(Shipped(), options, Clip()).value();
    auto encoder = StreamEncoder::Create(Shipped(), options);
    encoder.value().Write(Clip());
    encoder.value().Flush();
    PacketTokens tokens, decoded;
    for (const EncodedPacket& packet : sound.packets) {
      ASSERT_TRUE(encoder.value().ReadTokens(tokens));
      ASSERT_TRUE(DecodePacket(Shipped()->entropy(), sound.format, packet.bytes, decoded));
      EXPECT_EQ(tokens.n_q, decoded.n_q);
      EXPECT_EQ(tokens.frames, decoded.frames);
    }
    EXPECT_FALSE(encoder.value().ReadTokens(tokens));
  }
}

TEST(StreamEncoder, ChangesItsRateOnTheWay) {
  auto encoder = StreamEncoder::Create(Shipped(), Options(6000, 0, 10, false, 0));
  ASSERT_TRUE(encoder.ok());
  const auto seconds = [&] {
    encoder.value().Write(std::span(Clip()).first(32000));
    size_t bytes = 0;
    for (const auto& packet : ReadAll(encoder.value())) bytes += packet.bytes.size();
    return bytes;
  };
  const size_t high = seconds();
  ASSERT_TRUE(encoder.value().SetBitrate(1000).ok());
  EXPECT_LT(seconds(), high / 3);
  ASSERT_TRUE(encoder.value().SetTokens(18).ok());
  EXPECT_GT(seconds(), high);
  EXPECT_FALSE(encoder.value().SetTokens(19).ok());
  EXPECT_FALSE(encoder.value().SetTokens(0).ok());
  EXPECT_FALSE(encoder.value().SetBitrate(10).ok());
  auto patient = StreamEncoder::Create(Shipped(), Options(1500, 0, 25, false, 1));
  EXPECT_FALSE(patient.value().SetTokens(3).ok());
}

TEST(StreamEncoder, RefusesWhatMakesNoSense) {
  for (const EncoderOptions& options :
       {Options(3000, 19, 25, false, 0), Options(3000, -1, 25, false, 0), Options(3000, 0, 0, false, 0),
        Options(3000, 0, 26, false, 0), Options(3000, 0, 25, false, 3), Options(3000, 0, 25, true, 1),
        Options(0, 5, 25, false, 2), Options(10, 0, 25, false, 0), Options(-1, 0, 25, false, 0)}) {
    const auto encoder = StreamEncoder::Create(Shipped(), options);
    EXPECT_FALSE(encoder.ok());
    EXPECT_FALSE(encoder.ok() || encoder.message().empty());
  }
  EXPECT_FALSE(StreamEncoder::Create(nullptr, {}).ok());
  EXPECT_FALSE(StreamDecoder::Create(nullptr, {}).ok());
  EXPECT_FALSE(StreamDecoder::Create(Shipped(), {{26, 1}, -1}).ok());
  EXPECT_FALSE(StreamDecoder::Create(Shipped(), {{25, 19}, -1}).ok());
  EXPECT_FALSE(StreamDecoder::Create(Shipped(), {{25, 1}, -2}).ok());
}

TEST(StreamDecoder, GivesTheExactLengthInItsPlace) {
  for (const size_t samples : {size_t{0}, size_t{1}, size_t{239}, size_t{240}, size_t{241}, kSamples}) {
    const auto clip = std::span(Clip()).first(samples);
    const auto sound = EncodeSound(Shipped(), Options(0, 18, 25, false, 0), clip).value();
    const auto decoded = DecodeSound(Shipped(), sound);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded.value().size(), samples);
    EXPECT_EQ(sound.packets.empty(), samples == 0);
  }
  // What comes out is the decoder's output without its delay.
  const auto sound = EncodeSound(Shipped(), Options(0, 18, 25, false, 0), Clip()).value();
  const auto decoded = DecodeSound(Shipped(), sound).value();
  std::vector<uint16_t> tokens(kSamples / 320 * 18);
  Encoder(Shipped()).Encode(Clip(), 18, tokens);
  std::vector<float> late(kSamples / 320 * 320);
  ASSERT_TRUE(Decoder(Shipped()).Decode(tokens, 18, late));
  const auto delay = static_cast<size_t>(Shipped()->delay());
  EXPECT_TRUE(std::equal(late.begin() + static_cast<std::ptrdiff_t>(delay), late.end(), decoded.begin()));
}

// A receiver that plays what is ready at once and hears of the length with the end.
TEST(StreamDecoder, HoldsBackWhatTheEndMayDrop) {
  for (const int frames : {1, 4, 25}) {
    for (const size_t samples :
         {size_t{1}, size_t{240}, size_t{241}, size_t{16000}, size_t{16001}, kSamples}) {
      const auto clip = std::span(Clip()).first(samples);
      const auto sound = EncodeSound(Shipped(), Options(0, 3, frames, false, 0), clip).value();
      const auto expected = DecodeSound(Shipped(), sound).value();
      auto created = StreamDecoder::Create(Shipped(), {sound.format, -1});
      StreamDecoder& decoder = created.value();
      ASSERT_TRUE(decoder.set_hold_back(1));
      std::vector<float> out;
      const auto play = [&] {
        std::vector<float> part(decoder.ready() + 1);
        part.resize(decoder.Read(part));
        EXPECT_EQ(decoder.ready(), 0u);
        out.insert(out.end(), part.begin(), part.end());
      };
      for (const EncodedPacket& packet : sound.packets) {
        ASSERT_TRUE(decoder.Write(packet.bytes));
        play();
        EXPECT_GE(out.size() + 320 + 80, decoder.frames() * 320);  // no more than a frame waits
      }
      ASSERT_TRUE(decoder.Flush(samples));
      play();
      EXPECT_EQ(out, expected) << frames << ' ' << samples;
    }
  }
  auto decoder = StreamDecoder::Create(Shipped(), {{25, 3}, 0});
  EXPECT_FALSE(decoder.value().set_hold_back(-1));
  EXPECT_FALSE(decoder.value().set_hold_back(26));
  EXPECT_TRUE(decoder.value().set_hold_back(25));
  EXPECT_TRUE(decoder.value().WriteLost(26));
  EXPECT_EQ(decoder.value().ready(), 320u);
  EXPECT_TRUE(decoder.value().set_hold_back(0));
  EXPECT_EQ(decoder.value().ready(), 26 * 320u);
}

TEST(StreamDecoder, LostAndDamagedPacketsKeepTheLength) {
  auto sound = EncodeSound(Shipped(), Options(3000, 0, 5, false, 0), Clip()).value();
  const auto clean = DecodeSound(Shipped(), sound).value();
  auto decoder = StreamDecoder::Create(Shipped(), {sound.format, -1});
  ASSERT_TRUE(decoder.ok());
  std::vector<float> out;
  for (size_t i = 0; i < sound.packets.size(); ++i) {
    const bool lost = i % 7 == 3;
    if (lost) {
      EXPECT_FALSE(decoder.value().Write({}));
      EXPECT_TRUE(decoder.value().WriteLost(sound.packets[i].frames));
    } else {
      EXPECT_TRUE(decoder.value().Write(sound.packets[i].bytes));
    }
    std::vector<float> part(decoder.value().ready());
    EXPECT_EQ(decoder.value().Read(part), part.size());
    if (i + 1 < sound.packets.size()) out.insert(out.end(), part.begin(), part.end());
  }
  EXPECT_NE(out, std::vector<float>(clean.begin(), clean.begin() + static_cast<std::ptrdiff_t>(out.size())));
  EXPECT_TRUE(std::equal(clean.begin(), clean.begin() + 3 * 5 * 320 - 80, out.begin()));
  EXPECT_FALSE(decoder.value().WriteLost(-1));
  EXPECT_FALSE(decoder.value().WriteLost(kMaxLostFrames + 1));
  EXPECT_FALSE(decoder.value().Flush(uint64_t{1} << 40));
  EXPECT_TRUE(decoder.value().Flush(kSamples + 5000));  // the end is missing: concealed
  EXPECT_EQ(decoder.value().samples(), kSamples + 5000);
  EXPECT_FALSE(decoder.value().Flush(kSamples));
  EXPECT_FALSE(decoder.value().Write(sound.packets[0].bytes));
  sound.packets[4].bytes.clear();
  EXPECT_EQ(DecodeSound(Shipped(), sound).value().size(), kSamples);
  sound.packets[4].bytes.assign(30, 255);
  const auto damaged = DecodeSound(Shipped(), sound);
  if (!damaged.ok()) {
    EXPECT_NE(damaged.message().find("packet 4"), std::string::npos);
  }
}

TEST(StreamDecoder, SixteenBitSamplesAreTheFloatsRounded) {
  const auto sound = EncodeSound(Shipped(), Options(3000, 0, 5, false, 0), Clip()).value();
  const auto floats = DecodeSound(Shipped(), sound).value();
  auto decoder = StreamDecoder::Create(Shipped(), {sound.format, -1});
  for (const auto& packet : sound.packets) decoder.value().Write(packet.bytes);
  decoder.value().Flush(sound.samples);
  std::vector<int16_t> pcm(kSamples);
  ASSERT_EQ(decoder.value().ReadPcm16(pcm), kSamples);
  for (size_t i = 0; i < kSamples; ++i) ASSERT_LE(std::abs(floats[i] * 32768 - pcm[i]), 0.5f) << i;

  auto encoder = StreamEncoder::Create(Shipped(), Options(0, 4, 5, false, 0));
  std::vector<float> same(pcm.size());
  std::ranges::transform(pcm, same.begin(), [](int16_t x) { return static_cast<float>(x) / 32768.0f; });
  encoder.value().WritePcm16(pcm);
  encoder.value().Flush();
  const auto expected = EncodeSound(Shipped(), Options(0, 4, 5, false, 0), same).value();
  for (const auto& packet : expected.packets) EXPECT_EQ(encoder.value().Read()->bytes, packet.bytes);
}

TEST(Bitrate, ShortPacketsTakeMoreAndTheExpectationTellsHowMuch) {
  for (const int tokens : {1, 6, 12}) {
    double before = 0;
    for (const int frames : {25, 5, 2, 1}) {
      const double expected = ExpectedBitrate(*Shipped(), tokens, frames).value();
      EXPECT_GT(expected, before);
      before = expected;
      EXPECT_EQ(TokensForBitrate(*Shipped(), expected, frames).value(), tokens);
      // Short packets against long ones, of the same speech.
      const auto payload = [&](int a_packet) {
        const auto sound = EncodeSound(Shipped(), Options(0, tokens, a_packet, false, 0), Clip()).value();
        return 8.0 * static_cast<double>(PayloadBytes(sound)) * 16000 / kSamples;
      };
      const double more = expected - ExpectedBitrate(*Shipped(), tokens).value();
      EXPECT_NEAR(more, payload(frames) - payload(25), 0.04 * payload(frames) + 30)
          << tokens << ' ' << frames;
    }
  }
  EXPECT_FALSE(TokensForBitrate(*Shipped(), 3000, 0).ok());
  EXPECT_FALSE(TokensForBitrate(*Shipped(), 100, 25).ok());
  EXPECT_FALSE(ExpectedBitrate(*Shipped(), 19).ok());
  EXPECT_FALSE(ExpectedBitrate(*Shipped(), 0).ok());
}

}  // namespace
}  // namespace quaver
