// What any implementation of docs/reference/bitstream.md and docs/reference/weights.md must do with the
// clips of this folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "codec/container/qvr.h"
#include "codec/model/config.h"
#include "tests/conformance/index.h"
#include "tests/conformance/vectors.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;

std::vector<float> InputOf(const nlohmann::json& json) { return ReadPcm(VectorPath(json.at("input"))); }

class Conformance : public testing::TestWithParam<Vector> {
 protected:
  void SetUp() override {
    ASSERT_NE(model_, nullptr);
    auto tokens = ReadNpy(File("tokens"));
    ASSERT_TRUE(tokens.ok()) << tokens.message();
    tokens_ = std::move(tokens).value();
    packets_ = ReadPackets(File("packets"));
    ASSERT_GT(packets_.size(), 5u);
    stream_ = ReadAll(ReadBytes(File("qvr")));
    ASSERT_EQ(stream_.error, "");
  }

  std::string File(const char* key) const { return VectorPath(json_.at(key)); }

  const nlohmann::json& json_ = GetParam().json;
  const PacketDefaults defaults_ = DefaultsOf(json_);
  std::shared_ptr<const Model> model_ = FrozenModel();
  TokenMatrix tokens_;
  std::vector<std::vector<uint8_t>> packets_;
  ReadStream stream_;
};

std::string IdentityOfTheIndex() { return Index().at("model").at("identity"); }

// The vectors were made with these weights and no others.
TEST(FrozenModel, IsTheOneThatTheVectorsWereMadeWith) {
  const std::string path = VectorPath(Index().at("model").at("file"));
  const auto model = Model::Load(path);
  ASSERT_TRUE(model.ok()) << model.message();
  EXPECT_EQ(ToHex(model.value()->identity()), IdentityOfTheIndex());
  EXPECT_EQ(IdentityOfTheIndex(), "01734b2c236fc9dffd110752fe28bc5154d25e7d5c930b7831fcdf7098b50c05");
  EXPECT_LE(std::filesystem::file_size(path), 200000u);
}

TEST(FrozenModel, HasTheConfigurationOfTheIndex) {
  const Bytes text = ReadBytes(VectorPath(Index().at("model").at("config")));
  const auto config = ParseConfig(nlohmann::json::parse(text).at("model").dump());
  ASSERT_TRUE(config.ok()) << config.message();
  const Bytes weights = ReadBytes(VectorPath(Index().at("model").at("file")));
  const std::string file(weights.begin(), weights.end());
  EXPECT_NE(file.find(nlohmann::json(CanonicalJson(config.value())).dump()), std::string::npos);
}

TEST_P(Conformance, PacketsDecodeToTheTokens) {
  size_t row = 0;
  PacketTokens packet;
  for (const auto& bytes : packets_) {
    ASSERT_TRUE(DecodePacket(model_->entropy(), defaults_, bytes, packet));
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
    const int frames = PacketFrames(defaults_, bytes);
    ASSERT_GT(frames, 0);
    std::vector<uint8_t> packet(kMaxPacketBytes);
    packet.resize(EncodePacket(model_->entropy(), defaults_, RowsAsPacket(tokens_, row, frames), packet));
    EXPECT_EQ(packet, bytes) << "row " << row;
    row += static_cast<size_t>(frames);
  }
}

TEST_P(Conformance, TheFileHoldsThePackets) {
  EXPECT_EQ(ToHex(stream_.header.model), IdentityOfTheIndex());
  EXPECT_EQ(stream_.header.pre_skip, json_.at("pre_skip"));
  EXPECT_EQ(stream_.header.pre_skip, model_->delay());
  EXPECT_EQ(stream_.header.defaults.frames, defaults_.frames);
  EXPECT_EQ(stream_.header.defaults.n_q, defaults_.n_q);
  EXPECT_EQ(stream_.Packets(), packets_);
  EXPECT_TRUE(stream_.damage.empty());
  EXPECT_EQ(stream_.samples, json_.at("samples"));
  EXPECT_EQ(stream_.samples, static_cast<int64_t>(InputOf(json_).size()));
}

TEST_P(Conformance, TokensDecodeToTheSound) {
  Decoder decoder(model_);
  std::vector<float> sound(tokens_.rows * kFrame);
  for (size_t row = 0; row < tokens_.rows; ++row) {
    const PacketTokens frame = RowsAsPacket(tokens_, row, 1);
    const auto out = std::span(sound).subspan(row * kFrame, kFrame);
    ASSERT_TRUE(decoder.Decode(std::span(frame.token[0]).first(frame.n_q[0]), frame.n_q[0], out));
  }
  const auto expected = ReadPcm(File("sound"));
  ASSERT_EQ(expected.size(), static_cast<size_t>(stream_.samples));
  double worst = 0;
  double power = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(double{expected[i]} - sound[i + static_cast<size_t>(model_->delay())]));
    power += double{expected[i]} * expected[i];
  }
  EXPECT_LT(worst, json_.at("max_sample_error"));                            // full scale being 1
  EXPECT_GT(std::sqrt(power / static_cast<double>(expected.size())), 0.01);  // it is no silence
}

// An encoder need not agree in every token: arithmetic may differ in the last place, and a latent may lie on
// the edge of a cell.
TEST_P(Conformance, TheEncoderFindsTheTokens) {
  auto input = InputOf(json_);
  input.resize(tokens_.rows * kFrame);
  std::vector<uint16_t> found(tokens_.values.size());
  Encoder encoder(model_);
  ASSERT_EQ(encoder.Encode(input, model_->groups(), found), static_cast<int>(tokens_.rows));
  size_t equal = 0, sent = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    sent += tokens_.values[i] != kNoToken;
    equal += found[i] == tokens_.values[i];
  }
  EXPECT_GE(static_cast<double>(equal),
            json_.at("min_equal_tokens").get<double>() * static_cast<double>(sent));
}

INSTANTIATE_TEST_SUITE_P(Vectors, Conformance, testing::ValuesIn(VectorsOfKind("clip")),
                         [](const auto& tested) { return TestName(tested.param); });

}  // namespace
}  // namespace quaver
