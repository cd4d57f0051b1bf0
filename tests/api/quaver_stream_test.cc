// quaver_stream_encoder and quaver_stream_decoder are StreamEncoder and StreamDecoder behind C handles.
#include <array>
#include <cmath>

#include "codec/pcm16.h"
#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"
#include "tests/api/c_api.h"

namespace quaver {
namespace {

using Packets = std::vector<std::vector<uint8_t>>;

class CStreamTest : public CApiTest {
 protected:
  Owned<quaver_stream_encoder> Sender(const quaver_options& options) const {
    std::array<char, 200> error{};
    Owned<quaver_stream_encoder> sender(
        quaver_stream_encoder_create(model_.get(), &options, error.data(), error.size()));
    EXPECT_NE(sender, nullptr) << error.data();
    return sender;
  }

  Owned<quaver_stream_decoder> Receiver(const quaver_format& format, int skip = -1) const {
    std::array<char, 200> error{};
    Owned<quaver_stream_decoder> receiver(
        quaver_stream_decoder_create(model_.get(), &format, skip, error.data(), error.size()));
    EXPECT_NE(receiver, nullptr) << error.data();
    return receiver;
  }

  static quaver_options Options(double bits_per_second, int tokens, int frames, int effort = 0) {
    quaver_options options;
    quaver_options_default(&options);
    if (bits_per_second > 0) options.bits_per_second = bits_per_second;
    options.tokens = tokens;
    options.frames_per_packet = frames;
    options.effort = effort;
    return options;
  }

  static void ReadAll(quaver_stream_encoder* sender, Packets& packets) {
    std::array<uint8_t, QUAVER_MAX_PACKET_BYTES> packet;
    int bytes = 0;
    while ((bytes = quaver_stream_encoder_read(sender, packet.data(), packet.size())) > 0)
      packets.emplace_back(packet.begin(), packet.begin() + bytes);
    EXPECT_EQ(bytes, 0);
  }

  // All of the speech, written in chunks of growing size.
  Packets Send(const quaver_options& options) const {
    const auto sender = Sender(options);
    Packets packets;
    for (size_t at = 0, chunk = 1; at < speech_.size(); at += chunk, chunk = chunk * 3 + 1) {
      const size_t count = std::min(chunk, speech_.size() - at);
      EXPECT_GE(quaver_stream_encoder_write(sender.get(), speech_.data() + at, count), 0);
      ReadAll(sender.get(), packets);
    }
    EXPECT_GE(quaver_stream_encoder_flush(sender.get()), 0);
    ReadAll(sender.get(), packets);
    return packets;
  }

  static quaver_format FormatOf(const quaver_stream_encoder* sender) {
    quaver_format format = {0, 0};
    EXPECT_EQ(quaver_stream_encoder_format(sender, &format), 0);
    return format;
  }
};

TEST_F(CStreamTest, PacketsAreThoseOfTheCxxApi) {
  for (const auto& options : {Options(3000, 0, 25), Options(1500, 0, 10), Options(0, 6, 1), Options(0, 18, 7),
                              Options(3000, 0, 25, 1)}) {
    const auto expected = EncodeSound(cxx_,
                                      {options.bits_per_second, options.tokens, options.frames_per_packet,
                                       options.variable_rate != 0, options.effort},
                                      speech_);
    ASSERT_TRUE(expected.ok()) << expected.message();
    const auto sender = Sender(options);
    EXPECT_EQ(FormatOf(sender.get()).frames, expected.value().format.frames);
    EXPECT_EQ(FormatOf(sender.get()).n_q, expected.value().format.n_q);
    const Packets packets = Send(options);
    ASSERT_EQ(packets.size(), expected.value().packets.size());
    for (size_t p = 0; p < packets.size(); ++p) EXPECT_EQ(packets[p], expected.value().packets[p].bytes) << p;
  }
}

TEST_F(CStreamTest, IntegersAndFloatsGiveTheSamePackets) {
  std::vector<int16_t> pcm(speech_.size());
  internal::ToPcm16(speech_, pcm);
  internal::FromPcm16(pcm, speech_);
  const auto options = Options(3000, 0, 25);
  const auto sender = Sender(options);
  Packets packets;
  EXPECT_GE(quaver_stream_encoder_write_i16(sender.get(), pcm.data(), pcm.size()), 0);
  EXPECT_GE(quaver_stream_encoder_flush(sender.get()), 0);
  ReadAll(sender.get(), packets);
  EXPECT_EQ(packets, Send(options));
}

TEST_F(CStreamTest, DecodedSoundIsThatOfTheCxxApiAndOfTheExactLength) {
  speech_.resize(speech_.size() - 123);
  const auto sound = EncodeSound(cxx_, {.tokens = 6, .frames_per_packet = 4}, speech_);
  ASSERT_TRUE(sound.ok());
  EncodedSound damaged = sound.value();
  damaged.packets[3].bytes.clear();  // lost
  const auto expected = DecodeSound(cxx_, damaged);
  ASSERT_TRUE(expected.ok());
  ASSERT_EQ(expected.value().size(), speech_.size());
  const auto receiver = Receiver({4, 6}), integers = Receiver({4, 6});
  std::vector<float> heard(speech_.size() + 1);
  std::vector<int16_t> heard_i16(speech_.size() + 1), expected_i16(speech_.size());
  size_t at = 0;
  for (const auto& [bytes, frames, tokens] : damaged.packets) {
    for (const auto* stream : {&receiver, &integers}) {
      EXPECT_GE(bytes.empty() ? quaver_stream_decoder_lost(stream->get(), frames)
                              : quaver_stream_decoder_write(stream->get(), bytes.data(), bytes.size()),
                0);
    }
    at += static_cast<size_t>(quaver_stream_decoder_read(receiver.get(), &heard[at], 100));
  }
  for (const auto* stream : {&receiver, &integers})
    EXPECT_GE(quaver_stream_decoder_flush(stream->get(), speech_.size()), 0);
  at += static_cast<size_t>(quaver_stream_decoder_read(receiver.get(), &heard[at], heard.size() - at));
  ASSERT_EQ(at, speech_.size());
  EXPECT_EQ(quaver_stream_decoder_read_i16(integers.get(), heard_i16.data(), heard_i16.size()),
            static_cast<int>(at));
  internal::ToPcm16(expected.value(), expected_i16);
  heard.resize(at);
  heard_i16.resize(at);
  EXPECT_TRUE(SameBits(heard, expected.value()));
  EXPECT_EQ(heard_i16, expected_i16);
}

TEST_F(CStreamTest, WhatTheEndMayDropIsHeldBack) {
  speech_.resize(speech_.size() - 123);
  const auto sound = EncodeSound(cxx_, {.tokens = 6, .frames_per_packet = 4}, speech_).value();
  const auto receiver = Receiver({4, 6});
  EXPECT_EQ(quaver_stream_decoder_hold_back(receiver.get(), 1), 0);
  for (const int frames : {-1, QUAVER_MAX_FRAMES + 1})
    EXPECT_EQ(quaver_stream_decoder_hold_back(receiver.get(), frames), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_stream_decoder_hold_back(nullptr, 1), QUAVER_ERROR_ARGUMENT);
  std::vector<float> heard(2 * speech_.size());
  size_t at = 0;
  const auto read = [&] {
    at += static_cast<size_t>(quaver_stream_decoder_read(receiver.get(), &heard[at], heard.size() - at));
  };
  for (const EncodedPacket& packet : sound.packets) {
    ASSERT_GE(quaver_stream_decoder_write(receiver.get(), packet.bytes.data(), packet.bytes.size()), 0);
    read();
  }
  EXPECT_EQ(quaver_stream_decoder_flush(receiver.get(), speech_.size()),
            static_cast<int>(speech_.size() - at));
  read();
  heard.resize(at);
  EXPECT_TRUE(SameBits(heard, DecodeSound(cxx_, sound).value()));
}

TEST_F(CStreamTest, TheRateMayChangeOnTheWay) {
  const auto sender = Sender(Options(0, 3, 1));
  const auto half = speech_.size() / 2;
  quaver_stream_encoder_write(sender.get(), speech_.data(), half);
  EXPECT_EQ(quaver_stream_encoder_set_tokens(sender.get(), 12), 0);
  quaver_stream_encoder_write(sender.get(), speech_.data() + half, speech_.size() - half);
  EXPECT_EQ(quaver_stream_encoder_set_tokens(sender.get(), 0), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_stream_encoder_set_bitrate(sender.get(), 10), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_stream_encoder_set_bitrate(sender.get(), 6000), 0);
  Packets packets;
  ReadAll(sender.get(), packets);
  ASSERT_EQ(packets.size(), static_cast<size_t>(kFrames));
  const quaver_format format = FormatOf(sender.get());
  for (size_t p = 0; p < packets.size(); ++p) {
    std::array<uint16_t, QUAVER_MAX_FRAMES * QUAVER_MAX_GROUPS> tokens;
    std::array<uint8_t, QUAVER_MAX_FRAMES> n_q;
    ASSERT_EQ(
        quaver_unpack(model_.get(), &format, packets[p].data(), packets[p].size(), tokens.data(), n_q.data()),
        1);
    EXPECT_EQ(n_q[0], p < packets.size() / 2 ? 3 : 12) << p;
  }
}

TEST_F(CStreamTest, NothingGoesOnBehindTheEnd) {
  const auto sender = Sender(Options(0, 6, 1));
  EXPECT_EQ(quaver_stream_encoder_flush(sender.get()), 0);  // nothing was written, so there is no packet
  EXPECT_EQ(quaver_stream_encoder_flush(sender.get()), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_stream_encoder_write(sender.get(), speech_.data(), kFrame), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_stream_encoder_set_bitrate(sender.get(), 3000), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_stream_encoder_set_tokens(sender.get(), 3), QUAVER_ERROR_ENDED);
  const auto receiver = Receiver({1, 6}, 0);
  EXPECT_EQ(quaver_stream_decoder_flush(receiver.get(), 100), 100);
  EXPECT_EQ(quaver_stream_decoder_flush(receiver.get(), 100), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_stream_decoder_lost(receiver.get(), 1), QUAVER_ERROR_ENDED);
  EXPECT_EQ(quaver_stream_decoder_write(receiver.get(), "x", 1), QUAVER_ERROR_ENDED);
}

TEST_F(CStreamTest, WrongArgumentsAreRefused) {
  std::array<char, 200> error{};
  for (const auto& options : {Options(0, 19, 25), Options(0, 6, 0), Options(0, 6, 26), Options(0, 6, 25, 3),
                              Options(1, 0, 25), Options(0, 6, 25, 1)}) {
    error.fill(0);
    EXPECT_EQ(quaver_stream_encoder_create(model_.get(), &options, error.data(), error.size()), nullptr);
    EXPECT_NE(error[0], 0);
  }
  EXPECT_EQ(quaver_stream_encoder_create(nullptr, nullptr, error.data(), error.size()), nullptr);
  const Owned<quaver_stream_encoder> usual(quaver_stream_encoder_create(model_.get(), nullptr, nullptr, 0));
  ASSERT_NE(usual, nullptr);
  EXPECT_EQ(FormatOf(usual.get()).frames, 25);
  std::array<uint8_t, QUAVER_MAX_PACKET_BYTES> packet;
  EXPECT_EQ(quaver_stream_encoder_read(usual.get(), packet.data(), packet.size() - 1), QUAVER_ERROR_SHORT);
  EXPECT_EQ(quaver_stream_encoder_write(usual.get(), nullptr, 1), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_stream_encoder_write(nullptr, speech_.data(), 1), QUAVER_ERROR_ARGUMENT);

  const quaver_format wrong = {0, 6}, format = {1, 6};
  EXPECT_EQ(quaver_stream_decoder_create(model_.get(), &wrong, -1, error.data(), error.size()), nullptr);
  EXPECT_EQ(quaver_stream_decoder_create(model_.get(), nullptr, -1, nullptr, 0), nullptr);
  EXPECT_EQ(quaver_stream_decoder_create(nullptr, &format, -1, nullptr, 0), nullptr);
  const auto receiver = Receiver(format);
  for (const int frames : {-1, QUAVER_MAX_LOST_FRAMES + 1})
    EXPECT_EQ(quaver_stream_decoder_lost(receiver.get(), frames), QUAVER_ERROR_ARGUMENT);
  const std::vector<uint8_t> noise(200, 0xA5);
  EXPECT_EQ(quaver_stream_decoder_write(receiver.get(), noise.data(), noise.size()), QUAVER_ERROR_PACKET);
  for (const uint64_t length : {uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 300})
    EXPECT_EQ(quaver_stream_decoder_flush(receiver.get(), length), QUAVER_ERROR_ARGUMENT) << length;
  EXPECT_EQ(quaver_stream_decoder_lost(receiver.get(), 0), 0);  // it goes on
  EXPECT_EQ(quaver_stream_decoder_read(receiver.get(), nullptr, 1), QUAVER_ERROR_ARGUMENT);
  quaver_stream_encoder_close(nullptr);
  quaver_stream_decoder_close(nullptr);
  quaver_options_default(nullptr);
}

}  // namespace
}  // namespace quaver
