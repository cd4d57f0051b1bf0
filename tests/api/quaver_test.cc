// The C API says and does what the C++ classes do, and its errors are values.
#include "codec/quaver.h"

#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <memory>
#include <set>
#include <string>

#include "tests/api/c_api.h"
#include "tests/api/voice_channel.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

TEST_F(CApiTest, FactsOfTheModel) {
  EXPECT_EQ(quaver_sample_rate(model_.get()), 16000);
  EXPECT_EQ(quaver_frame_samples(model_.get()), kFrame);
  EXPECT_EQ(quaver_groups(model_.get()), 18);
  EXPECT_EQ(quaver_codes(model_.get()), 1000);
  EXPECT_EQ(quaver_delay(model_.get()), 80);
  Identity identity{};
  EXPECT_EQ(quaver_model_identity(model_.get(), identity.data()), 0);
  EXPECT_EQ(identity, cxx_->identity());
}

TEST_F(CApiTest, AChannelInCIsTheCxxCodecBitForBit) {
  std::vector<char> lost(kFrames);
  for (size_t f = 0; f < lost.size(); ++f) lost[f] = f % 9 == 8;
  for (const int n_q : {1, 6, 18}) {
    std::vector<float> received(speech_.size());
    EXPECT_GT(SendThroughPackets(model_.get(), n_q, speech_.data(), kFrames, lost.data(), received.data()),
              kFrames);
    std::vector<float> expected(speech_.size());
    Decoder decoder(cxx_);
    const auto tokens = Tokens(n_q);
    for (size_t f = 0; f < kFrames; ++f) {
      const auto out = std::span(expected).subspan(f * kFrame, kFrame);
      const auto width = static_cast<size_t>(n_q);
      ASSERT_TRUE(lost[f] != 0 ? decoder.Conceal(out)
                               : decoder.Decode(std::span(tokens).subspan(f * width, width), n_q, out));
    }
    EXPECT_TRUE(SameBits(received, expected)) << n_q;
  }
}

TEST_F(CApiTest, PacketsComeBack) {
  for (const int n_q : {0, 1, 7, 18}) {
    for (const int frames : {1, 5, 25}) {
      const auto packet = Packet(n_q, frames);
      EXPECT_EQ(quaver_packet_frames(&kFormat, packet.data(), packet.size()), frames);
      std::array<uint16_t, QUAVER_MAX_FRAMES * QUAVER_MAX_GROUPS> tokens;
      std::array<uint8_t, QUAVER_MAX_FRAMES> sent;
      ASSERT_EQ(
          quaver_unpack(model_.get(), &kFormat, packet.data(), packet.size(), tokens.data(), sent.data()),
          frames);
      const auto expected = Tokens(n_q);
      for (size_t f = 0; f < static_cast<size_t>(frames); ++f) {
        EXPECT_EQ(sent[f], n_q);
        for (size_t g = 0; g < 18; ++g) {
          const auto width = static_cast<size_t>(n_q);
          EXPECT_EQ(tokens[f * 18 + g], g < width ? expected[f * width + g] : uint16_t{QUAVER_NO_TOKEN});
        }
      }
    }
  }
}

TEST_F(CApiTest, DecodedPacketsAreTheirTokensDecoded) {
  const Owned<quaver_decoder> a(quaver_decoder_create(model_.get()));
  const Owned<quaver_decoder> b(quaver_decoder_create(model_.get()));
  const auto packet = Packet(7, 25);
  std::vector<float> from_packet(25 * kFrame), from_tokens(25 * kFrame);
  EXPECT_EQ(quaver_decode_packet(a.get(), &kFormat, packet.data(), packet.size(), from_packet.data(),
                                 from_packet.size()),
            25 * kFrame);
  EXPECT_EQ(quaver_decode(b.get(), Tokens(7).data(), 25, 7, from_tokens.data(), from_tokens.size()),
            25 * kFrame);
  EXPECT_TRUE(SameBits(from_packet, from_tokens));
}

TEST_F(CApiTest, StreamsKeepTheirModelAlive) {
  const Owned<quaver_encoder> encoder(quaver_encoder_create(model_.get()));
  const Owned<quaver_decoder> decoder(quaver_decoder_create(model_.get()));
  model_.reset();
  std::vector<uint16_t> tokens(6);
  std::vector<float> out(kFrame);
  EXPECT_EQ(quaver_encode(encoder.get(), speech_.data(), kFrame, 6, tokens.data(), 6), 1);
  EXPECT_EQ(quaver_decode(decoder.get(), tokens.data(), 1, 6, out.data(), out.size()), kFrame);
}

TEST_F(CApiTest, ResetAndRestoreGiveTheSameBits) {
  const Owned<quaver_encoder> encoder(quaver_encoder_create(model_.get()));
  const Owned<quaver_decoder> decoder(quaver_decoder_create(model_.get()));
  std::vector<char> encoder_state(quaver_encoder_state_size(encoder.get()));
  std::vector<char> decoder_state(quaver_decoder_state_size(decoder.get()));
  const auto run = [&] {
    std::vector<uint16_t> tokens(10 * 6);
    std::vector<float> out(10 * kFrame);
    EXPECT_EQ(quaver_encode(encoder.get(), speech_.data() + 20 * kFrame, 10 * kFrame, 6, tokens.data(), 60),
              10);
    EXPECT_EQ(quaver_decode(decoder.get(), tokens.data(), 10, 6, out.data(), out.size()), 10 * kFrame);
    return std::pair(tokens, out);
  };
  const auto fresh = run();
  ASSERT_EQ(quaver_encoder_save(encoder.get(), encoder_state.data(), encoder_state.size()), 0);
  ASSERT_EQ(quaver_decoder_save(decoder.get(), decoder_state.data(), decoder_state.size()), 0);
  const auto later = run();
  EXPECT_FALSE(SameBits(fresh.second, later.second));
  ASSERT_EQ(quaver_encoder_restore(encoder.get(), encoder_state.data(), encoder_state.size()), 0);
  ASSERT_EQ(quaver_decoder_restore(decoder.get(), decoder_state.data(), decoder_state.size()), 0);
  const auto restored = run();
  EXPECT_EQ(restored.first, later.first);
  EXPECT_TRUE(SameBits(restored.second, later.second));
  ASSERT_EQ(quaver_encoder_reset(encoder.get()), 0);
  ASSERT_EQ(quaver_decoder_reset(decoder.get()), 0);
  const auto reset = run();
  EXPECT_EQ(reset.first, fresh.first);
  EXPECT_TRUE(SameBits(reset.second, fresh.second));
}

TEST_F(CApiTest, AModelThatCannotBeOpenedIsExplained) {
  std::array<char, 200> error{};
  EXPECT_EQ(quaver_model_open("/no/such/model.safetensors", error.data(), error.size()), nullptr);
  EXPECT_NE(std::string(error.data()).find("/no/such/model.safetensors"), std::string::npos) << error.data();
  error.fill('x');
  EXPECT_EQ(quaver_model_open("/no/such/model.safetensors", error.data(), 5), nullptr);
  EXPECT_STREQ(error.data(), "/no/");
  bytes_.resize(bytes_.size() / 2);
  EXPECT_EQ(quaver_model_from_memory(bytes_.data(), bytes_.size(), error.data(), error.size()), nullptr);
  EXPECT_EQ(quaver_model_from_memory(nullptr, 100, nullptr, 0), nullptr);
}

TEST_F(CApiTest, WrongArgumentsAreRefusedAndChangeNothing) {
  const Owned<quaver_encoder> encoder(quaver_encoder_create(model_.get()));
  const Owned<quaver_decoder> decoder(quaver_decoder_create(model_.get()));
  std::vector<uint16_t> tokens(18);
  std::vector<float> out(kFrame);
  const float* in = speech_.data();
  for (const int n_q : {-1, 19}) {
    EXPECT_EQ(quaver_encode(encoder.get(), in, kFrame, n_q, tokens.data(), 18), QUAVER_ERROR_ARGUMENT);
    EXPECT_EQ(quaver_decode(decoder.get(), tokens.data(), 1, n_q, out.data(), kFrame), QUAVER_ERROR_ARGUMENT);
  }
  EXPECT_EQ(quaver_encode(encoder.get(), in, kFrame, 6, tokens.data(), 5), QUAVER_ERROR_SHORT);
  EXPECT_EQ(quaver_encode(encoder.get(), in, kFrame, 6, nullptr, 6), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_encode(encoder.get(), in, 10, 6, nullptr, 6), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_encode(encoder.get(), nullptr, kFrame, 6, tokens.data(), 6), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_encode(nullptr, in, kFrame, 6, tokens.data(), 6), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_decode(decoder.get(), tokens.data(), 1, 6, out.data(), kFrame - 1), QUAVER_ERROR_SHORT);
  EXPECT_EQ(quaver_decode(decoder.get(), nullptr, 1, 6, out.data(), kFrame), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_conceal(decoder.get(), out.data(), kFrame - 1), QUAVER_ERROR_SHORT);
  tokens[0] = 1000;
  EXPECT_EQ(quaver_decode(decoder.get(), tokens.data(), 1, 1, out.data(), kFrame), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_encoder_frames_after(encoder.get(), kFrame - 1), 0);  // nothing was taken

  const auto fresh = [&] {
    const Owned<quaver_decoder> other(quaver_decoder_create(model_.get()));
    std::vector<float> sound(kFrame);
    EXPECT_EQ(quaver_conceal(other.get(), sound.data(), kFrame), kFrame);
    return sound;
  }();
  EXPECT_EQ(quaver_conceal(decoder.get(), out.data(), kFrame), kFrame);
  EXPECT_TRUE(SameBits(out, fresh));
}

TEST_F(CApiTest, BytesThatAreNoPacketOrNoStateAreRefused) {
  const Owned<quaver_encoder> encoder(quaver_encoder_create(model_.get()));
  const Owned<quaver_decoder> decoder(quaver_decoder_create(model_.get()));
  std::vector<float> out(25 * kFrame);
  auto packet = Packet(7, 25);
  EXPECT_EQ(quaver_decode_packet(decoder.get(), &kFormat, packet.data(), packet.size(), out.data(), kFrame),
            QUAVER_ERROR_SHORT);  // no room for the 5 frames that both ends agreed on
  EXPECT_EQ(
      quaver_decode_packet(decoder.get(), &kFormat, packet.data(), packet.size(), out.data(), 5 * kFrame),
      QUAVER_ERROR_PACKET);  // it claims to have 25
  const quaver_format wrong = {26, 7};
  EXPECT_EQ(quaver_decode_packet(decoder.get(), &wrong, packet.data(), packet.size(), out.data(), out.size()),
            QUAVER_ERROR_ARGUMENT);
  packet.insert(packet.end(), {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(
      quaver_decode_packet(decoder.get(), &kFormat, packet.data(), packet.size(), out.data(), out.size()),
      QUAVER_ERROR_PACKET);
  EXPECT_EQ(quaver_packet_frames(&kFormat, packet.data(), 0), QUAVER_ERROR_PACKET);
  EXPECT_EQ(quaver_packet_frames(&kFormat, nullptr, 10), QUAVER_ERROR_ARGUMENT);
  std::vector<char> state(quaver_encoder_state_size(encoder.get()), '\x7f');
  EXPECT_EQ(quaver_encoder_restore(encoder.get(), state.data(), state.size()), QUAVER_ERROR_STATE);
  EXPECT_EQ(quaver_decoder_restore(decoder.get(), state.data(), 3), QUAVER_ERROR_STATE);
  const auto other = RandomModel(TinyConfig(), 2);
  const Encoder foreign_encoder(other);
  const Decoder foreign_decoder(other);
  std::vector<std::byte> foreign(foreign_encoder.state_size());
  ASSERT_EQ(foreign.size(), state.size());
  ASSERT_TRUE(foreign_encoder.Save(foreign));
  EXPECT_EQ(quaver_encoder_restore(encoder.get(), foreign.data(), foreign.size()), QUAVER_ERROR_MODEL);
  EXPECT_EQ(quaver_decoder_restore(decoder.get(), foreign.data(), foreign.size()), QUAVER_ERROR_STATE);
  foreign.resize(foreign_decoder.state_size());
  ASSERT_TRUE(foreign_decoder.Save(foreign));
  EXPECT_EQ(quaver_decoder_restore(decoder.get(), foreign.data(), foreign.size()), QUAVER_ERROR_MODEL);
  EXPECT_EQ(quaver_decoder_save(decoder.get(), state.data(), 3), QUAVER_ERROR_ARGUMENT);
  state.resize(quaver_decoder_state_size(decoder.get()));
  ASSERT_EQ(quaver_decoder_save(decoder.get(), state.data(), state.size()), 0);
  EXPECT_EQ(quaver_decoder_restore(decoder.get(), state.data(), state.size()), 0);
  state.back() ^= 1;
  EXPECT_EQ(quaver_decoder_restore(decoder.get(), state.data(), state.size()), QUAVER_ERROR_STATE);
}

TEST(CApi, NamesItsVersionAndItsErrors) {
  EXPECT_EQ(quaver_abi(), QUAVER_ABI);
  EXPECT_STREQ(quaver_version(), QUAVER_PROJECT_VERSION);
  std::set<std::string> texts;
  for (int code = 0; code >= QUAVER_ERROR_VERSION - 1; --code) texts.insert(quaver_error_text(code));
  EXPECT_EQ(texts.size(), 11u);  // "no error", those of quaver_error, "unknown error"
  EXPECT_EQ(texts.count(""), 0u);
  EXPECT_STREQ(quaver_error_text(INT_MAX), quaver_error_text(0));
  EXPECT_STREQ(quaver_error_text(INT_MIN), quaver_error_text(QUAVER_ERROR_VERSION - 1));
}

TEST_F(CApiTest, ABatchGivesEachStreamItsOwn) {
  constexpr int kStreams = 3;
  const int n_q[kStreams] = {7, 0, 18};
  const Owned<quaver_batch> batch(quaver_batch_create(model_.get(), kStreams));
  ASSERT_NE(batch, nullptr);
  std::vector<Owned<quaver_encoder>> encoders;
  std::vector<Owned<quaver_decoder>> decoders;
  quaver_encoder* encoder_list[kStreams];
  quaver_decoder* decoder_list[kStreams];
  std::vector<Encoder> alone_encoders;
  std::vector<Decoder> alone_decoders;
  for (int s = 0; s < kStreams; ++s) {
    encoder_list[s] = encoders.emplace_back(quaver_encoder_create_live(model_.get())).get();
    decoder_list[s] = decoders.emplace_back(quaver_decoder_create_live(model_.get())).get();
    alone_encoders.emplace_back(cxx_);
    alone_decoders.emplace_back(cxx_);
  }
  for (int t = 0; t + kStreams < kFrames; ++t) {  // stream s is s frames ahead
    const float* samples = &speech_[static_cast<size_t>(t * kFrame)];
    std::vector<uint16_t> tokens(kStreams * 18);
    std::vector<float> sound(kStreams * kFrame);
    ASSERT_EQ(quaver_batch_encode(batch.get(), encoder_list, kStreams, samples, n_q, tokens.data()),
              kStreams);
    ASSERT_EQ(quaver_batch_decode(batch.get(), decoder_list, kStreams, tokens.data(), n_q, sound.data()),
              kStreams);
    for (int s = 0; s < kStreams; ++s) {
      std::vector<uint16_t> expected(static_cast<size_t>(n_q[s]));
      const auto frame = std::span(samples + s * kFrame, kFrame);
      ASSERT_EQ(alone_encoders[static_cast<size_t>(s)].Encode(frame, n_q[s], expected), 1);
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), &tokens[static_cast<size_t>(s * 18)]));
      std::vector<float> heard(kFrame);
      ASSERT_TRUE(alone_decoders[static_cast<size_t>(s)].Decode(expected, n_q[s], heard));
      ASSERT_TRUE(SameBits(heard, std::span(sound).subspan(static_cast<size_t>(s * kFrame), kFrame)));
    }
  }
}

TEST_F(CApiTest, ABatchRefuses) {
  EXPECT_EQ(quaver_batch_create(nullptr, 1), nullptr);
  EXPECT_EQ(quaver_batch_create(model_.get(), 0), nullptr);
  quaver_batch_close(nullptr);
  const Owned<quaver_batch> batch(quaver_batch_create(model_.get(), 1));
  const Owned<quaver_encoder> encoder(quaver_encoder_create_live(model_.get()));
  quaver_encoder* const one[] = {encoder.get(), encoder.get()};
  quaver_encoder* const none[] = {nullptr};
  const int n_q[] = {3, 3};
  const int too_many[] = {19};
  std::vector<uint16_t> tokens(36);
  const auto encode = [&](quaver_encoder* const* list, int count, const float* samples, const int* rates,
                          uint16_t* out) {
    return quaver_batch_encode(batch.get(), list, count, samples, rates, out);
  };
  EXPECT_EQ(encode(one, 1, speech_.data(), n_q, tokens.data()), 1);
  EXPECT_EQ(encode(nullptr, 0, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(encode(one, 2, speech_.data(), n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);  // more than `most`
  EXPECT_EQ(quaver_batch_encode_i16(batch.get(), one, 2, nullptr, n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(one, -1, speech_.data(), n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(none, 1, speech_.data(), n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(nullptr, 1, speech_.data(), n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(one, 1, nullptr, n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(one, 1, speech_.data(), nullptr, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(one, 1, speech_.data(), n_q, nullptr), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(encode(one, 1, speech_.data(), too_many, tokens.data()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_batch_encode(nullptr, one, 1, speech_.data(), n_q, tokens.data()), QUAVER_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace quaver
