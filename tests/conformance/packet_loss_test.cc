// What a lost packet costs: nothing of the tokens that follow (tests/bitstream), some of the sound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "codec/metrics/scores.h"
#include "tests/bitstream/random_tokens.h"
#include "tests/conformance/vectors.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;
constexpr int kFramesPerPacket = 2;

using Packets = std::vector<std::vector<uint8_t>>;

struct Received {
  std::vector<float> sound;
  std::vector<char> lost;  // of each frame
};

class PacketLossTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(model_, nullptr); }

  Packets Send(std::vector<float> speech) const {
    speech.resize((speech.size() + kFrame - 1) / kFrame * kFrame);
    TokenMatrix tokens{speech.size() / kFrame, static_cast<size_t>(model_->groups()), {}};
    tokens.values.resize(tokens.rows * tokens.columns);
    Encoder encoder(model_);
    encoder.Encode(speech, model_->groups(), tokens.values);
    Packets packets;
    for (size_t row = 0; row + kFramesPerPacket <= tokens.rows; row += kFramesPerPacket) {
      std::vector<uint8_t> bytes(kMaxPacketBytes);
      bytes.resize(
          EncodePacket(model_->entropy(), defaults_, RowsAsPacket(tokens, row, kFramesPerPacket), bytes));
      packets.push_back(bytes);
    }
    return packets;
  }

  template <typename Lose>
  Received Receive(const Packets& packets, Lose lose) const {
    Received out;
    Decoder decoder(model_);
    PacketTokens packet;
    std::vector<float> frame(kFrame);
    for (size_t i = 0; i < packets.size(); ++i) {
      const bool lost = lose(i);
      EXPECT_TRUE(DecodePacket(model_->entropy(), defaults_, packets[i], packet));
      for (size_t f = 0; f < kFramesPerPacket; ++f) {
        EXPECT_TRUE(
            lost ? decoder.Conceal(frame)
                 : decoder.Decode(std::span(packet.token[f]).first(packet.n_q[f]), packet.n_q[f], frame));
        out.sound.insert(out.sound.end(), frame.begin(), frame.end());
        out.lost.push_back(lost);
      }
    }
    return out;
  }

  double Estoi(const std::vector<float>& speech, const std::vector<float>& sound) const {
    const auto score = Score(speech, std::span(sound).subspan(static_cast<size_t>(model_->delay())));
    EXPECT_TRUE(score.ok()) << score.message();
    return score.ok() ? score.value().estoi : 0;
  }

  std::shared_ptr<const Model> model_ = FrozenModel();
  PacketDefaults defaults_{kFramesPerPacket, 4};
};

// The network looks back over a limited time and nothing else in the decoder remembers.
TEST_F(PacketLossTest, ALossIsForgottenWithinHalfASecond) {
  const auto packets = Send(ReadPcm(VectorPath("input.flac")));
  const auto whole = Receive(packets, [](size_t) { return false; });
  const auto broken = Receive(packets, [](size_t i) { return i == 30; });
  const auto first = static_cast<std::ptrdiff_t>(30 * kFramesPerPacket * kFrame);
  EXPECT_TRUE(std::equal(whole.sound.begin(), whole.sound.begin() + first, broken.sound.begin()));
  EXPECT_NE(whole.sound, broken.sound);
  const auto later = first + 8000;
  EXPECT_TRUE(std::equal(whole.sound.begin() + later, whole.sound.end(), broken.sound.begin() + later));
}

TEST_F(PacketLossTest, ConcealmentBeatsSilenceInEstoi) {
  double clean = 0;
  double concealed = 0;
  double muted = 0;
  int clips = 0;
  for (const auto& entry : std::filesystem::directory_iterator(QUAVER_SOURCE_DIR "/samples")) {
    if (entry.path().extension() != ".flac") continue;
    const auto speech = ReadPcm(entry.path().string());
    const auto packets = Send(speech);
    const auto whole = Receive(packets, [](size_t) { return false; });
    Random random(static_cast<uint32_t>(speech.size()));
    const auto broken = Receive(packets, [&random](size_t) { return Below(random, 10) == 0; });
    auto silenced = whole.sound;
    for (size_t f = 0; f < broken.lost.size(); ++f) {
      if (broken.lost[f])
        std::fill_n(silenced.begin() + static_cast<std::ptrdiff_t>(f * kFrame), kFrame, 0.0f);
    }
    clean += Estoi(speech, whole.sound);
    concealed += Estoi(speech, broken.sound);
    muted += Estoi(speech, silenced);
    ++clips;
  }
  ASSERT_EQ(clips, 6);
  std::printf(
      "ESTOI of %d clips, one packet of 40 ms in ten lost: %.4f without loss, %.4f concealed, %.4f muted\n",
      clips, clean / clips, concealed / clips, muted / clips);
  EXPECT_LT(concealed, clean);
  EXPECT_GT(concealed, muted);
  EXPECT_LT((clean - concealed) / clips, 0.1);
}

}  // namespace
}  // namespace quaver
