// Streams of the C++ API as objects: of no model, moved, and given to a batch twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "codec/batch.h"
#include "codec/state.h"
#include "codec/state_head.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

constexpr int kFrame = 320;

template <typename Stream>
void ExpectRefusals(Stream& stream) {
  std::array<std::byte, 4> state{};
  EXPECT_EQ(stream.memory(), 0u);
  EXPECT_EQ(stream.state_size(), 0u);
  EXPECT_FALSE(stream.Save({}));
  EXPECT_FALSE(stream.Save(state));
  EXPECT_FALSE(stream.Restore({}));
  stream.Reset();
}

void ExpectEmpty(Encoder& encoder) {
  std::array<float, kFrame> samples{};
  std::array<int16_t, kFrame> pcm{};
  std::array<uint16_t, 18> tokens{};
  EXPECT_EQ(encoder.Encode(samples, 6, tokens), -1);
  EXPECT_EQ(encoder.EncodePcm16(pcm, 6, tokens), -1);
  EXPECT_EQ(encoder.FramesAfter(kFrame), 0);
  ExpectRefusals(encoder);
}

void ExpectEmpty(Decoder& decoder) {
  std::array<float, kFrame> samples{};
  std::array<int16_t, kFrame> pcm{};
  EXPECT_FALSE(decoder.Decode({}, 0, samples));
  EXPECT_FALSE(decoder.DecodePcm16({}, 0, pcm));
  EXPECT_FALSE(decoder.Conceal(samples));
  EXPECT_FALSE(decoder.ConcealPcm16(pcm));
  ExpectRefusals(decoder);
}

TEST(Streams, OfNoModelRefuseEveryCall) {
  Encoder encoder(nullptr);
  Decoder decoder(nullptr, 1);
  ExpectEmpty(encoder);
  ExpectEmpty(decoder);
  Batch batch(nullptr);
  EXPECT_FALSE(batch.Encode({}, {}, {}, {}));
  EXPECT_FALSE(batch.Decode({}, {}, {}, {}));
}

TEST(Streams, GoOnWhereTheyWereMovedTo) {
  const auto model = RandomModel(TinyConfig(), 1);
  const auto speech = Speech("en-vctk-p228.flac", 4 * kFrame);
  const auto half = std::span(speech).first(2 * kFrame), rest = std::span(speech).subspan(2 * kFrame);
  std::array<uint16_t, 12> expected{}, tokens{};
  std::array<float, 2 * kFrame> expected_sound{}, sound{};
  Encoder plain(model), encoder(model), other(model);
  Decoder plain_decoder(model), decoder(model), other_decoder(model);
  plain.Encode(half, 6, expected);
  plain_decoder.Decode(expected, 6, expected_sound);
  encoder.Encode(half, 6, tokens);
  decoder.Decode(tokens, 6, sound);
  plain.Encode(rest, 6, expected);
  plain_decoder.Decode(expected, 6, expected_sound);
  other = std::move(encoder);
  other_decoder = std::move(decoder);
  EXPECT_EQ(other.Encode(rest, 6, tokens), 2);
  EXPECT_TRUE(other_decoder.Decode(tokens, 6, sound));
  EXPECT_EQ(tokens, expected);
  EXPECT_TRUE(SameBits(sound, expected_sound));
  ExpectEmpty(encoder);  // NOLINT(bugprone-use-after-move): says that it is empty
  ExpectEmpty(decoder);  // NOLINT(bugprone-use-after-move)
}

// Of models that differ in their weights alone, so the sizes agree.
TEST(Streams, AStateOfAnotherModelIsRefusedByName) {
  const auto model = RandomModel(TinyConfig(), 1), other = RandomModel(TinyConfig(), 2);
  ASSERT_NE(model->identity(), other->identity());
  const auto speech = Speech("en-vctk-p228.flac", 3 * kFrame);
  const auto check = [&](auto stream, auto foreign, auto fresh, const std::string& kind) {
    std::vector<std::byte> before(stream.state_size()), state(foreign.state_size()), after(before.size());
    ASSERT_EQ(before.size(), state.size());
    ASSERT_TRUE(stream.Save(before) && foreign.Save(state));
    EXPECT_FALSE(stream.Restore(state));
    const Status refused = CheckState(stream, state);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.message().find("of the model " + ToHex(other->identity())), std::string::npos)
        << refused.message();
    EXPECT_NE(refused.message().find(ToHex(model->identity())), std::string::npos) << refused.message();
    ASSERT_TRUE(stream.Save(after));
    EXPECT_EQ(before, after);

    EXPECT_TRUE(CheckState(stream, before).ok());
    auto changed = before;
    changed[4] = std::byte{1};
    EXPECT_FALSE(stream.Restore(changed));
    EXPECT_EQ(CheckState(stream, changed).message(),
              "the state is of version 1, this library reads version 3");
    changed = before;
    changed[0] = std::byte{0};
    EXPECT_FALSE(stream.Restore(changed));
    EXPECT_EQ(CheckState(stream, changed).message(), "the bytes are no state of " + kind);
    EXPECT_EQ(CheckState(stream, {}).message(), "the bytes are no state of " + kind);
    changed = before;
    changed.resize(changed.size() - 4);
    EXPECT_FALSE(stream.Restore(changed));
    EXPECT_FALSE(CheckState(stream, changed).ok());
    EXPECT_TRUE(fresh.Restore(before));
    EXPECT_FALSE(CheckState(decltype(fresh)(nullptr), before).ok());
  };
  std::array<uint16_t, 18> tokens{};
  std::array<float, 3 * kFrame> sound{};
  Encoder encoder(model), foreign_encoder(other);
  encoder.Encode(speech, 6, tokens);
  foreign_encoder.Encode(speech, 6, tokens);
  Decoder decoder(model), foreign_decoder(other);
  decoder.Decode(tokens, 6, sound);
  foreign_decoder.Decode(tokens, 6, sound);
  std::vector<std::byte> state(encoder.state_size());
  ASSERT_TRUE(encoder.Save(state));
  EXPECT_EQ(CheckState(decoder, state).message(), "the bytes are no state of a decoder");
  // More samples that wait than a frame has, under a good checksum.
  std::fill_n(state.begin() + internal::kStateHeadBytes, 4, std::byte{0xFF});
  internal::PutStateHead(internal::StateOf::kEncoder, model->identity(), state);
  EXPECT_FALSE(encoder.Restore(state));
  EXPECT_NE(CheckState(encoder, state).message().find("samples wait"), std::string::npos);
  check(std::move(encoder), std::move(foreign_encoder), Encoder(model, 1), "an encoder");
  check(std::move(decoder), std::move(foreign_decoder), Decoder(model, 1), "a decoder");
}

// A bit anywhere, bits of two floats at once (their signs too), and words that change places.
TEST(Streams, ADamagedStateIsRefused) {
  const auto model = RandomModel(TinyConfig(), 1);
  const auto speech = Speech("en-vctk-p228.flac", 3 * kFrame + 100);
  std::array<uint16_t, 18> tokens{};
  std::array<float, 3 * kFrame> sound{};
  Encoder encoder(model);
  encoder.Encode(speech, 6, tokens);
  Decoder decoder(model);
  decoder.Decode(tokens, 6, sound);
  const auto check = [&](auto& stream) {
    std::vector<std::byte> state(stream.state_size()), after(state.size());
    ASSERT_TRUE(stream.Save(state));
    const auto expect_refused = [&](const std::vector<std::byte>& damaged) {
      EXPECT_FALSE(stream.Restore(damaged));
      EXPECT_FALSE(CheckState(stream, damaged).ok());
    };
    for (size_t at = 0; at < state.size(); at += at < 64 ? 1 : 53) {
      auto damaged = state;
      damaged[at] ^= std::byte{1} << (at % 8);
      expect_refused(damaged);
    }
    const std::byte sign{0x80};
    for (size_t at = internal::kStateHeadBytes + 7; at + 32 < state.size(); at += 104) {
      for (const size_t other : {at + 4, at + 8, at + 32}) {
        auto damaged = state;
        damaged[at] ^= sign;
        damaged[other] ^= sign;
        expect_refused(damaged);
      }
    }
    std::vector<std::byte> damaged;  // pieces that differ change places
    for (const int distance : {8, 32, 64}) {
      damaged = state;
      auto piece = damaged.begin() + internal::kStateHeadBytes;
      while (piece + distance + 8 < damaged.end() && std::equal(piece, piece + 8, piece + distance))
        piece += 8;
      ASSERT_LT(piece + distance + 8, damaged.end());
      std::swap_ranges(piece, piece + 8, piece + distance);
      expect_refused(damaged);
    }
    damaged = state;
    std::fill(damaged.begin() + internal::kStateHeadBytes, damaged.end(), std::byte{0});
    expect_refused(damaged);
    ASSERT_TRUE(stream.Save(after));
    EXPECT_EQ(after, state);
    EXPECT_TRUE(stream.Restore(state));
  };
  check(encoder);
  check(decoder);
}

TEST(Streams, ABatchRefusesOneThatIsThereTwiceAndChangesNothing) {
  const auto model = RandomModel(TinyConfig(), 1);
  const auto speech = Speech("en-vctk-p228.flac", 40 * kFrame);
  std::vector<Encoder> encoders;
  std::vector<Decoder> decoders;
  std::vector<Encoder*> encoder_list;
  std::vector<Decoder*> decoder_list;
  for (int s = 0; s < 40; ++s) encoders.emplace_back(model, 1), decoders.emplace_back(model, 1);
  for (int s = 0; s < 40; ++s) {
    encoder_list.push_back(&encoders[static_cast<size_t>(s)]);
    decoder_list.push_back(&decoders[static_cast<size_t>(s)]);
  }
  Batch batch(model);
  const std::vector<int> n_q(40, 6);
  std::vector<uint16_t> tokens(40 * 18), first;
  std::vector<float> sound(40 * kFrame), first_sound;
  for (const size_t twice : {size_t{1}, size_t{39}}) {
    encoder_list[twice] = &encoders[0];
    decoder_list[twice] = &decoders[0];
    EXPECT_FALSE(batch.Encode(encoder_list, speech, n_q, tokens));
    EXPECT_FALSE(batch.Decode(decoder_list, tokens, n_q, sound));
    encoder_list[twice] = &encoders[twice];
    decoder_list[twice] = &decoders[twice];
  }
  ASSERT_TRUE(batch.Encode(encoder_list, speech, n_q, tokens));
  ASSERT_TRUE(batch.Decode(decoder_list, tokens, n_q, sound));
  for (size_t s = 0; s < 40; ++s) {
    std::array<uint16_t, 6> alone{};
    std::array<float, kFrame> heard{};
    ASSERT_EQ(Encoder(model).Encode(std::span(speech).subspan(s * kFrame, kFrame), 6, alone), 1);
    ASSERT_TRUE(std::equal(alone.begin(), alone.end(), &tokens[s * 18]));
    ASSERT_TRUE(Decoder(model).Decode(alone, 6, heard));
    ASSERT_TRUE(SameBits(heard, std::span(sound).subspan(s * kFrame, kFrame)));
  }
}

}  // namespace
}  // namespace quaver
