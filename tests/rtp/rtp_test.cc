// Payloads of RTP packets: what is packed comes back, and what the header promises of it.
#include "codec/rtp/rtp.h"

#include <cstring>
#include <string>
#include <string_view>

#include "tests/bitstream/random_tokens.h"
#include "tests/rtp/payloads.h"

namespace quaver {
namespace {

// What arrives of `sent`: redundant rows cut, rows that are not sent empty.
Rows Arriving(const quaver_rtp_payload& header, Rows sent) {
  for (size_t f = 0; f < kRows; ++f) {
    if (static_cast<int>(f) < header.redundant_frames)
      sent.n_q[f] = static_cast<uint8_t>(std::min<int>(sent.n_q[f], header.redundant_tokens));
    if (static_cast<int>(f) >= AllFrames(header)) sent.n_q[f] = 0;
    std::fill_n(sent.tokens.begin() + static_cast<std::ptrdiff_t>(f * kGroups + sent.n_q[f]),
                kGroups - sent.n_q[f], uint16_t{QUAVER_NO_TOKEN});
  }
  return sent;
}

// Every header that there can be, the flag apart.
std::vector<quaver_rtp_payload> AllHeaders() {
  std::vector<quaver_rtp_payload> headers;
  for (int frames = 1; frames <= QUAVER_RTP_MAX_FRAMES; ++frames) {
    for (int n_q = 0; n_q <= static_cast<int>(kGroups); ++n_q) {
      headers.push_back({frames, 0, 0, n_q, n_q % 2});
      for (const int redundant : {1, 2, 4}) {
        for (int k = 1; k <= QUAVER_RTP_MAX_TOKENS; ++k)
          headers.push_back({frames, redundant, k, n_q, (k + frames) % 2});
      }
    }
  }
  return headers;
}

TEST_F(RtpTest, EveryShapeComesBack) {
  for (const quaver_rtp_payload& header : AllHeaders()) {
    TokenCounts n_q;
    n_q.fill(static_cast<uint8_t>(header.n_q));
    std::fill_n(n_q.begin(), header.redundant_frames, uint8_t{18});  // cut to `redundant_tokens`
    const Rows sent = Speech(static_cast<size_t>(header.n_q), n_q);
    const auto payload = Pack(header, sent);
    ASSERT_GT(payload.size(), 2u);
    quaver_rtp_payload known{};
    ASSERT_EQ(quaver_rtp_header(payload.data(), payload.size(), &known), 0);
    ASSERT_TRUE(Same(known, header));
    const Unpacked received = Unpack(payload);
    ASSERT_EQ(received.frames, AllFrames(header));
    ASSERT_TRUE(Same(received.header, header));
    ASSERT_EQ(received.rows, Arriving(header, sent));
  }
}

// A frame may have another number of tokens than the header says, a redundant one fewer, and none at all.
TEST_F(RtpTest, FramesOfAnyNumbersOfTokensComeBack) {
  Random random(11);
  for (int trial = 0; trial < 1000; ++trial) {
    const int redundant = std::array{0, 1, 2, 4}[static_cast<size_t>(trial) % 4];
    const quaver_rtp_payload header = {1 + Below(random, 10), redundant,
                                       redundant == 0 ? 0 : 1 + Below(random, 4), Below(random, 19), 0};
    TokenCounts n_q;
    for (uint8_t& tokens : n_q) tokens = static_cast<uint8_t>(Below(random, 19));
    if (trial % 5 == 0) n_q[0] = 0;
    const Rows sent = Speech(static_cast<size_t>(Below(random, 40)), n_q);
    const auto payload = Pack(header, sent);
    const Unpacked received = Unpack(payload);
    ASSERT_EQ(received.frames, AllFrames(header));
    ASSERT_EQ(received.rows, Arriving(header, sent));
    ASSERT_EQ(Pack(header, received.rows), payload);
  }
}

TEST_F(RtpTest, TheHeaderIsAsSpecified) {
  TokenCounts n_q;
  n_q.fill(6);
  const auto payload = Pack({3, 4, 2, 6, 1}, Speech(0, n_q));
  ASSERT_GT(payload.size(), 2u);
  EXPECT_EQ(payload[0], 0b00'11'0010);
  EXPECT_EQ(payload[1], 0b00110'01'1);
  const auto alone = Pack({10, 0, 4, 6, 0}, Speech(0, n_q));  // what it says of redundant frames is not read
  EXPECT_EQ(alone[0], 0b00'00'1001);
  EXPECT_EQ(alone[1], 0b00110'00'0);
  EXPECT_EQ(Unpack(alone).header.redundant_tokens, 0);
}

// Behind the header there is a packet as any other: of frames that are all alike, the very same bytes.
TEST_F(RtpTest, BehindTheHeaderThereIsAPacket) {
  TokenCounts n_q;
  n_q.fill(4);
  const Rows rows = Speech(0, n_q);
  std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
  const quaver_format format = {7, 4};
  const int bytes = quaver_pack_frames(model_.get(), &format, rows.tokens.data(), rows.n_q.data(), 7,
                                       packet.data(), packet.size());
  ASSERT_GT(bytes, 0);
  packet.resize(static_cast<size_t>(bytes));
  for (const quaver_rtp_payload& header : {quaver_rtp_payload{7, 0, 0, 4, 0}, {5, 2, 4, 4, 0}}) {
    const auto payload = Pack(header, rows);
    EXPECT_EQ(std::vector(payload.begin() + 2, payload.end()), packet);
  }
}

TEST_F(RtpTest, WhatLiesBehindTheTokensIsNotRead) {
  TokenCounts n_q = {3, 4, 0, 5, 18, 0, 1};
  const quaver_rtp_payload header = {3, 4, 2, 5, 0};
  EXPECT_EQ(Pack(header, Speech(0, n_q, 12345)), Pack(header, Speech(0, n_q)));
  Rows beyond = Speech(0, n_q);
  beyond.tokens[2] = 12345;  // the third token of a redundant frame, of which two are sent
  EXPECT_EQ(Pack(header, beyond), Pack(header, Speech(0, n_q)));
}

// A packet of one frame and `depth` redundant ones, again and again, of which `depth` in a row are lost:
// those after them bring the frames back with their first tokens.
class RtpLossTest : public RtpTest, public testing::WithParamInterface<int> {
 protected:
  static constexpr size_t kSent = 45;
  size_t depth() const { return static_cast<size_t>(GetParam()); }
  bool IsLost(size_t t) const { return t % 9 >= 3 && t % 9 < 3 + depth(); }

  // Frames t - depth .. t; those before the start are not there.
  std::vector<uint8_t> PayloadOf(size_t t) const {
    Rows rows;
    for (size_t f = 0; f <= depth(); ++f) {
      if (t + f < depth()) continue;
      rows.n_q[f] = 7;
      std::copy_n(&speech_tokens_[(t + f - depth()) * kGroups], 7, &rows.tokens[f * kGroups]);
    }
    return Pack({1, GetParam(), 3, 7, 0}, rows);
  }
};
INSTANTIATE_TEST_SUITE_P(Depths, RtpLossTest, testing::Values(1, 2, 4));

TEST_P(RtpLossTest, RedundantFramesReplaceThoseThatWereLost) {
  std::vector<std::vector<uint16_t>> heard(kSent);
  for (size_t t = 0; t < kSent; ++t) {
    if (IsLost(t)) continue;
    const Unpacked got = Unpack(PayloadOf(t));
    ASSERT_EQ(got.frames, GetParam() + 1);
    for (size_t f = 0; f <= depth(); ++f) {
      if (t + f < depth() || !heard[t + f - depth()].empty()) continue;
      const uint16_t* row = &got.rows.tokens[f * kGroups];
      heard[t + f - depth()].assign(row, row + got.rows.n_q[f]);
    }
  }
  for (size_t t = 0; t < kSent; ++t) {
    ASSERT_EQ(heard[t].size(), IsLost(t) ? 3u : 7u) << t;
    EXPECT_TRUE(std::equal(heard[t].begin(), heard[t].end(), &speech_tokens_[t * kGroups])) << t;
  }
}

// Coded together with the own frames, redundant ones cost less than in a packet of their own.
TEST_F(RtpTest, RedundantFramesPayBackAPartOfTheirCost) {
  const Owned<quaver_model> model(quaver_model_open(nullptr, nullptr, 0));
  ASSERT_NE(model, nullptr);
  const Owned<quaver_encoder> encoder(quaver_encoder_create(model.get()));
  const size_t frames = speech_.size() / kFrame;
  std::vector<uint16_t> tokens(frames * kGroups);
  ASSERT_EQ(quaver_encode(encoder.get(), speech_.data(), speech_.size(), 18, tokens.data(), tokens.size()),
            static_cast<int>(frames));
  std::vector<uint8_t> out(QUAVER_RTP_MAX_BYTES);
  const TokenCounts n_q = {6, 6, 6, 6, 6, 6};
  for (const int depth : {1, 2, 4}) {
    int together = 0, bare = 0, apart = 0;
    for (size_t first = 0; first + 6 < frames; ++first) {
      const uint16_t* rows = &tokens[first * kGroups];
      const quaver_rtp_payload both = {2, depth, 4, 6, 0}, own = {2, 0, 0, 6, 0};
      const quaver_format format = {depth, 4};
      const TokenCounts four = {4, 4, 4, 4};
      together += quaver_rtp_pack(model.get(), &both, rows, n_q.data(), out.data(), out.size());
      bare += quaver_rtp_pack(model.get(), &own, rows + both.redundant_frames * static_cast<int>(kGroups),
                              n_q.data(), out.data(), out.size());
      apart += quaver_pack_frames(model.get(), &format, rows, four.data(), depth, out.data(), out.size());
    }
    EXPECT_GT(bare, 0);
    EXPECT_GT(together, bare);
    EXPECT_LT(together, bare + apart);
  }
}

TEST_F(RtpTest, ArgumentsOutOfRangeAreRefused) {
  TokenCounts n_q;
  n_q.fill(6);
  const Rows rows = Speech(0, n_q);
  int error = 0;
  for (const quaver_rtp_payload& header : {quaver_rtp_payload{0, 0, 0, 6, 0},
                                           {11, 0, 0, 6, 0},
                                           {-1, 0, 0, 6, 0},
                                           {1, 3, 2, 6, 0},
                                           {1, 5, 2, 6, 0},
                                           {1, -1, 2, 6, 0},
                                           {1, 1, 0, 6, 0},
                                           {1, 1, 5, 6, 0},
                                           {1, 0, 0, -1, 0},
                                           {1, 0, 0, 19, 0},
                                           {1, 0, 0, 6, 2},
                                           {1, 0, 0, 6, -1}}) {
    EXPECT_TRUE(Pack(header, rows, &error).empty());
    EXPECT_EQ(error, QUAVER_ERROR_ARGUMENT);
  }
  Rows bad = rows;
  bad.n_q[1] = 19;
  EXPECT_TRUE(Pack({2, 0, 0, 6, 0}, bad, &error).empty());
  EXPECT_EQ(error, QUAVER_ERROR_ARGUMENT);
  EXPECT_FALSE(Pack({1, 0, 0, 6, 0}, bad).empty());  // the row is not read
  bad = rows;
  bad.tokens[3] = static_cast<uint16_t>(quaver_codes(model_.get()));
  EXPECT_TRUE(Pack({2, 0, 0, 6, 0}, bad, &error).empty());
  EXPECT_EQ(error, QUAVER_ERROR_ARGUMENT);
}

TEST_F(RtpTest, NullAndShortBuffersAreRefused) {
  const quaver_rtp_payload header = {1, 0, 0, 2, 0};
  quaver_rtp_payload read{};
  Rows rows;
  rows.n_q.assign(kRows, 2);
  std::vector<uint8_t> payload(QUAVER_RTP_MAX_BYTES);
  const auto pack = [&](const quaver_model* model, const quaver_rtp_payload* h, const uint16_t* tokens,
                        const uint8_t* n_q, uint8_t* to,
                        size_t room) { return quaver_rtp_pack(model, h, tokens, n_q, to, room); };
  const uint16_t* tokens = rows.tokens.data();
  const uint8_t* n_q = rows.n_q.data();
  uint8_t* to = payload.data();
  const int bytes = pack(model_.get(), &header, tokens, n_q, to, payload.size());
  ASSERT_GT(bytes, 0);
  EXPECT_EQ(pack(model_.get(), &header, tokens, n_q, to, payload.size() - 1), QUAVER_ERROR_SHORT);
  EXPECT_EQ(pack(nullptr, &header, tokens, n_q, to, payload.size()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(pack(model_.get(), nullptr, tokens, n_q, to, payload.size()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(pack(model_.get(), &header, nullptr, n_q, to, payload.size()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(pack(model_.get(), &header, tokens, nullptr, to, payload.size()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(pack(model_.get(), &header, tokens, n_q, nullptr, payload.size()), QUAVER_ERROR_ARGUMENT);
  const auto size = static_cast<size_t>(bytes);
  uint16_t* got = rows.tokens.data();
  uint8_t* got_n_q = rows.n_q.data();
  EXPECT_EQ(quaver_rtp_header(nullptr, size, &read), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_header(to, size, nullptr), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_unpack(nullptr, to, size, &read, got, got_n_q), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_unpack(model_.get(), nullptr, size, &read, got, got_n_q), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_unpack(model_.get(), to, size, nullptr, got, got_n_q), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_unpack(model_.get(), to, size, &read, nullptr, got_n_q), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_unpack(model_.get(), to, size, &read, got, nullptr), QUAVER_ERROR_ARGUMENT);
}

TEST_F(RtpTest, TheModelParameterIsTheFrontOfTheIdentity) {
  char text[QUAVER_RTP_MODEL_PARAMETER];
  std::array<uint8_t, 32> identity;
  ASSERT_EQ(quaver_model_identity(model_.get(), identity.data()), 0);
  ASSERT_EQ(quaver_rtp_model_parameter(model_.get(), text), 0);
  ASSERT_EQ(std::strlen(text), 22u);
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<int> bits;
  for (const char digit : std::string_view(text)) {
    const size_t value = kDigits.find(digit);
    ASSERT_NE(value, std::string_view::npos) << text;
    for (int bit = 5; bit >= 0; --bit) bits.push_back(static_cast<int>(value >> bit & 1));
  }
  for (size_t bit = 0; bit < bits.size(); ++bit) {
    const int expected = bit < 128 ? identity[bit / 8] >> (7 - bit % 8) & 1 : 0;
    ASSERT_EQ(bits[bit], expected) << bit;
  }
  EXPECT_EQ(quaver_rtp_model_parameter(nullptr, text), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_rtp_model_parameter(model_.get(), nullptr), QUAVER_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace quaver
