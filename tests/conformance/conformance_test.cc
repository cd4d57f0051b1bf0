// What any implementation of docs/reference/bitstream.md and docs/reference/weights.md must do with the
// vectors of this folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "codec/container/qvr.h"
#include "tests/conformance/vectors.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

// The vectors were made with these weights and no others.
constexpr char kIdentity[] = "01734b2c236fc9dffd110752fe28bc5154d25e7d5c930b7831fcdf7098b50c05";
constexpr double kMaxError = 1e-3;  // of decoded samples, full scale being 1
constexpr size_t kFrame = 320;

class Conformance : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_NE(model_, nullptr);
    auto tokens = ReadNpy(File(".npy"));
    ASSERT_TRUE(tokens.ok()) << tokens.message();
    tokens_ = std::move(tokens).value();
    packets_ = ReadPackets(File(".packets"));
    ASSERT_GT(packets_.size(), 5u);
    stream_ = ReadAll(ReadBytes(File(".qvr")));
    ASSERT_EQ(stream_.error, "");
  }

  static std::string File(const char* suffix) { return VectorPath(std::string(GetParam()) + suffix); }

  std::shared_ptr<const Model> model_ = FrozenModel();
  TokenMatrix tokens_;
  std::vector<std::vector<uint8_t>> packets_;
  ReadStream stream_;
};

TEST(FrozenModel, IsTheOneThatTheVectorsWereMadeWith) {
  const auto model = FrozenModel();
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(ToHex(model->identity()), kIdentity);
  EXPECT_LE(std::filesystem::file_size(VectorPath("tiny.safetensors")), 200000u);
}

TEST_P(Conformance, PacketsDecodeToTheTokens) {
  size_t row = 0;
  PacketTokens packet;
  for (const auto& bytes : packets_) {
    ASSERT_TRUE(DecodePacket(model_->entropy(), stream_.header.defaults, bytes, packet));
    const PacketTokens expected = RowsAsPacket(tokens_, row, packet.frames);
    EXPECT_EQ(packet.n_q, expected.n_q) << "row " << row;
    EXPECT_EQ(packet.token, expected.token) << "row " << row;
    row += static_cast<size_t>(packet.frames);
  }
  EXPECT_EQ(row, tokens_.rows);
}

TEST_P(Conformance, TokensEncodeToThePackets) {
  size_t row = 0;
  for (const auto& bytes : packets_) {
    const int frames = PacketFrames(stream_.header.defaults, bytes);
    ASSERT_GT(frames, 0);
    std::vector<uint8_t> packet(kMaxPacketBytes);
    packet.resize(
        EncodePacket(model_->entropy(), stream_.header.defaults, RowsAsPacket(tokens_, row, frames), packet));
    EXPECT_EQ(packet, bytes) << "row " << row;
    row += static_cast<size_t>(frames);
  }
}

TEST_P(Conformance, TheFileHoldsThePackets) {
  EXPECT_EQ(ToHex(stream_.header.model), kIdentity);
  EXPECT_EQ(stream_.header.pre_skip, model_->delay());
  EXPECT_EQ(stream_.Packets(), packets_);
  EXPECT_TRUE(stream_.damage.empty());
  EXPECT_EQ(stream_.samples, static_cast<int64_t>(ReadPcm(VectorPath("input.flac")).size()));
}

TEST_P(Conformance, TokensDecodeToTheSound) {
  Decoder decoder(model_);
  std::vector<float> sound(tokens_.rows * kFrame);
  for (size_t row = 0; row < tokens_.rows; ++row) {
    const PacketTokens frame = RowsAsPacket(tokens_, row, 1);
    const auto out = std::span(sound).subspan(row * kFrame, kFrame);
    ASSERT_TRUE(decoder.Decode(std::span(frame.token[0]).first(frame.n_q[0]), frame.n_q[0], out));
  }
  const auto expected = ReadPcm(File(".flac"));
  ASSERT_EQ(expected.size(), static_cast<size_t>(stream_.samples));
  double worst = 0;
  double power = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(double{expected[i]} - sound[i + static_cast<size_t>(model_->delay())]));
    power += double{expected[i]} * expected[i];
  }
  EXPECT_LT(worst, kMaxError);
  EXPECT_GT(std::sqrt(power / static_cast<double>(expected.size())), 0.01);  // it is no silence
}

// An encoder need not agree in every token: arithmetic may differ in the last place, and a latent may lie on
// the edge of a cell.
TEST(ConformanceOfTheEncoder, TokensAgree) {
  const auto model = FrozenModel();
  ASSERT_NE(model, nullptr);
  const auto expected = ReadNpy(VectorPath("steady.npy"));
  ASSERT_TRUE(expected.ok()) << expected.message();
  auto input = ReadPcm(VectorPath("input.flac"));
  input.resize(expected.value().rows * kFrame);
  std::vector<uint16_t> tokens(expected.value().values.size());
  Encoder encoder(model);
  ASSERT_EQ(encoder.Encode(input, model->groups(), tokens), static_cast<int>(expected.value().rows));
  size_t equal = 0;
  for (size_t i = 0; i < tokens.size(); ++i) equal += tokens[i] == expected.value().values[i];
  EXPECT_GE(static_cast<double>(equal), 0.999 * static_cast<double>(tokens.size()));
}

INSTANTIATE_TEST_SUITE_P(Vectors, Conformance, testing::ValuesIn(kVectors),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace quaver
