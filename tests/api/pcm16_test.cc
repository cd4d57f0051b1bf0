// The 16-bit calls are the float ones with the conversion that quaver.h states, in pieces of any size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "codec/model_access.h"
#include "codec/quaver.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;
constexpr int kFrames = 40;
constexpr int kTokens = 9;

// As documented, in another arithmetic than the library's.
int16_t Rounded(float sample) {
  const double scaled = double{sample} * 32768.0;
  const double below = std::floor(scaled), rest = scaled - below;
  const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2.0) != 0.0);
  return static_cast<int16_t>(std::clamp(below + (up ? 1.0 : 0.0), -32768.0, 32767.0));
}

std::vector<int16_t> AsPcm16(std::span<const float> samples) {
  std::vector<int16_t> pcm(samples.size());
  std::ranges::transform(samples, pcm.begin(), Rounded);
  return pcm;
}

// Weights whose decoder is `gain` times as loud.
std::shared_ptr<const Model> LoudModel(float gain) {
  Weights weights = VariedWeights(TinyConfig(), 3);
  auto& bias = weights.tensors.at("decoder.istft.bias").values;
  for (float& log_magnitude : std::span(bias).first(bias.size() / 2)) log_magnitude += std::log(gain);
  const auto model = internal::ModelAccess::FromWeights(weights);
  return model.ok() ? model.value() : nullptr;
}

std::vector<uint16_t> SpeechTokens(const std::shared_ptr<const Model>& model, std::span<const float> speech) {
  Encoder encoder(model);
  std::vector<uint16_t> tokens(static_cast<size_t>(kFrames * kTokens));
  EXPECT_EQ(encoder.Encode(speech, kTokens, tokens), kFrames);
  return tokens;
}

class Pcm16Test : public testing::Test {
 protected:
  const std::vector<uint8_t> bytes_ = [] {
    Weights weights = VariedWeights(TinyConfig(), 1);
    return SerializeWeights(weights).value();
  }();
  std::shared_ptr<const Model> model_ = Model::FromBytes(bytes_, "test").value();
  std::vector<int16_t> pcm_ = AsPcm16(Speech("en-vctk-p228.flac", kFrames* kFrame));
  std::vector<float> floats_ = [this] {
    std::vector<float> floats;
    for (const int16_t sample : pcm_) floats.push_back(static_cast<float>(sample) / 32768.0f);
    return floats;
  }();
};

TEST_F(Pcm16Test, EncodesTheSameTokensInPiecesOfAnySizeAndKind) {
  const auto expected = SpeechTokens(model_, floats_);
  Encoder encoder(model_);
  TestRandom random(5);
  std::vector<uint16_t> tokens(expected.size());
  std::span<uint16_t> room(tokens);
  for (size_t at = 0; at < pcm_.size();) {
    const size_t count = std::min(pcm_.size() - at, 1 + random.Below(random.Below(2) == 0 ? 400 : 5000));
    const int frames = random.Below(2) == 0
                           ? encoder.EncodePcm16(std::span(pcm_).subspan(at, count), kTokens, room)
                           : encoder.Encode(std::span(floats_).subspan(at, count), kTokens, room);
    ASSERT_GE(frames, 0);
    room = room.subspan(static_cast<size_t>(frames * kTokens));
    at += count;
  }
  EXPECT_EQ(tokens, expected);
}

TEST_F(Pcm16Test, DecodesToTheNearestAndSaturates) {
  for (const float gain : {0x1p-6f, 1.0f, 0x1p6f, 0x1p12f}) {
    const auto loud = LoudModel(gain);
    ASSERT_NE(loud, nullptr);
    const auto tokens = SpeechTokens(loud, floats_);
    std::vector<float> exact(pcm_.size());
    std::vector<int16_t> rounded(pcm_.size());
    ASSERT_TRUE(Decoder(loud).Decode(tokens, kTokens, exact));
    ASSERT_TRUE(Decoder(loud).DecodePcm16(tokens, kTokens, rounded));
    EXPECT_EQ(rounded, AsPcm16(exact)) << gain;
    const auto [lowest, highest] = std::ranges::minmax(rounded);
    EXPECT_EQ(lowest == -32768 && highest == 32767, gain > 1.0f) << gain << ' ' << lowest << ' ' << highest;
  }
}

TEST_F(Pcm16Test, TheCCallsAreTheCxxOnes) {
  quaver_model* model = quaver_model_from_memory(bytes_.data(), bytes_.size(), nullptr, 0);
  quaver_encoder* encoder = quaver_encoder_create(model);
  quaver_decoder* decoder = quaver_decoder_create(model);
  Decoder reference(model_);
  const auto expected = SpeechTokens(model_, floats_);
  std::vector<uint16_t> tokens(expected.size());
  ASSERT_EQ(quaver_encode_i16(encoder, pcm_.data(), pcm_.size(), kTokens, tokens.data(), tokens.size()),
            kFrames);
  EXPECT_EQ(tokens, expected);

  std::vector<float> exact(pcm_.size());
  std::vector<int16_t> heard(pcm_.size());
  const auto matches = [&](int samples) {
    return std::ranges::equal(AsPcm16(std::span(exact).first(static_cast<size_t>(samples))),
                              std::span(heard).first(static_cast<size_t>(samples)));
  };
  const int all = static_cast<int>(pcm_.size());
  ASSERT_EQ(quaver_decode_i16(decoder, tokens.data(), kFrames, kTokens, heard.data(), heard.size()), all);
  ASSERT_TRUE(reference.Decode(tokens, kTokens, exact));
  EXPECT_TRUE(matches(all));

  ASSERT_EQ(quaver_conceal_i16(decoder, heard.data(), kFrame), static_cast<int>(kFrame));
  ASSERT_TRUE(reference.Conceal(std::span(exact).first(kFrame)));
  EXPECT_TRUE(matches(kFrame));

  const quaver_format format = {20, kTokens};
  std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
  const int size = quaver_pack(model, &format, tokens.data(), 20, kTokens, packet.data(), packet.size());
  ASSERT_GT(size, 0);
  const int written = quaver_decode_packet_i16(decoder, &format, packet.data(), static_cast<size_t>(size),
                                               heard.data(), heard.size());
  ASSERT_EQ(written, static_cast<int>(20 * kFrame));
  ASSERT_TRUE(
      reference.Decode(std::span(tokens).first(20 * kTokens), kTokens, std::span(exact).first(20 * kFrame)));
  EXPECT_TRUE(matches(written));
  quaver_encoder_close(encoder);
  quaver_decoder_close(decoder);
  quaver_model_close(model);
}

TEST_F(Pcm16Test, WhatIsRefusedChangesNothing) {
  Encoder encoder(model_);
  std::vector<uint16_t> tokens(static_cast<size_t>(kFrames * kTokens));
  EXPECT_EQ(encoder.EncodePcm16(pcm_, kTokens, std::span(tokens).first(tokens.size() - 1)), -1);
  for (const int n_q : {-1, 19}) EXPECT_EQ(encoder.EncodePcm16(pcm_, n_q, tokens), -1);
  EXPECT_EQ(encoder.EncodePcm16(pcm_, kTokens, tokens), kFrames);
  EXPECT_EQ(tokens, SpeechTokens(model_, floats_));

  Decoder decoder(model_);
  std::vector<int16_t> heard(pcm_.size()), expected(pcm_.size());
  const std::span<int16_t> room(heard);
  std::swap(tokens.back(), tokens.front());
  std::vector<uint16_t> wrong = tokens;
  wrong.back() = 1000;  // of the last frame: those before must not be decoded
  EXPECT_FALSE(decoder.DecodePcm16(wrong, kTokens, room));
  EXPECT_FALSE(decoder.DecodePcm16(tokens, kTokens - 1, room));
  EXPECT_FALSE(decoder.DecodePcm16(tokens, kTokens, room.first(room.size() - 1)));
  EXPECT_FALSE(decoder.DecodePcm16(tokens, kTokens, room.first(room.size() - kFrame)));
  EXPECT_FALSE(decoder.ConcealPcm16(room.first(kFrame - 1)));
  EXPECT_TRUE(std::ranges::all_of(heard, [](int16_t sample) { return sample == 0; }));
  EXPECT_TRUE(decoder.DecodePcm16(tokens, kTokens, room));
  EXPECT_TRUE(Decoder(model_).DecodePcm16(tokens, kTokens, expected));
  EXPECT_EQ(heard, expected);
}

}  // namespace
}  // namespace quaver
