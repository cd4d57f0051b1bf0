// Payloads from a network: any bytes unpack to something that keeps every promise of the header, or are
// refused and leave everything as it was.
#include "tests/bitstream/random_tokens.h"
#include "tests/rtp/payloads.h"

namespace quaver {
namespace {

class RtpHostileTest : public RtpTest {
 protected:
  // Unpacks, checks what must hold of any bytes, and returns what came out.
  Unpacked Check(const std::vector<uint8_t>& payload) const {
    const Unpacked out = Unpack(payload);
    quaver_rtp_payload known = {-7, -7, -7, -7, -7};
    const int header = quaver_rtp_header(Exact(payload).get(), payload.size(), &known);
    if (out.frames < 0) {
      EXPECT_TRUE(out.frames == QUAVER_ERROR_PACKET || out.frames == QUAVER_ERROR_VERSION) << out.frames;
      EXPECT_TRUE(header == 0 ? out.frames == QUAVER_ERROR_PACKET : header == out.frames) << header;
      EXPECT_EQ(known.frames == -7, header != 0);
      EXPECT_EQ(out.rows, Rows());
      EXPECT_TRUE(Same(out.header, {}));
      return out;
    }
    EXPECT_EQ(header, 0);
    EXPECT_TRUE(Same(known, out.header));
    EXPECT_EQ(out.frames, AllFrames(out.header));
    EXPECT_GE(out.header.frames, 1);
    EXPECT_LE(out.header.frames, QUAVER_RTP_MAX_FRAMES);
    EXPECT_LE(out.header.n_q, static_cast<int>(kGroups));
    for (size_t f = 0; f < kRows; ++f) CheckRow(out, f);
    return out;
  }

  void CheckRow(const Unpacked& out, size_t f) const {
    const size_t n_q = out.rows.n_q[f];
    const auto frame = static_cast<int>(f);
    const bool redundant = frame < out.header.redundant_frames;
    const int most = frame >= out.frames ? 0 : redundant ? out.header.redundant_tokens : int{kGroups};
    EXPECT_LE(static_cast<int>(n_q), most);
    for (size_t g = 0; g < kGroups; ++g) {
      const uint16_t token = out.rows.tokens[f * kGroups + g];
      if (g < n_q) {
        EXPECT_LT(token, quaver_codes(model_.get()));
      } else {
        EXPECT_EQ(token, QUAVER_NO_TOKEN);
      }
    }
  }

  std::vector<uint8_t> AnyPayload() {
    const int redundant = std::array{0, 1, 2, 4}[static_cast<size_t>(Below(random_, 4))];
    const quaver_rtp_payload header = {1 + Below(random_, 10), redundant,
                                       redundant == 0 ? 0 : 1 + Below(random_, 4), Below(random_, 19), 0};
    TokenCounts n_q;
    n_q.fill(static_cast<uint8_t>(header.n_q));
    if (Below(random_, 3) == 0) n_q[static_cast<size_t>(Below(random_, kRows))] = 1;
    return Pack(header, Speech(static_cast<size_t>(Below(random_, 40)), n_q));
  }

  Random random_{20261129};
};

TEST_F(RtpHostileTest, AnyBytesUnpackSafely) {
  int unpacked = 0, versions = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    auto bytes = RandomBytes(random_, Below(random_, trial % 2 == 0 ? 8 : 500));
    if (trial % 3 != 0 && !bytes.empty()) bytes[0] &= 0x37;    // our version, at most 8 frames
    if (trial % 3 != 0 && bytes.size() > 1) bytes[1] &= 0x7F;  // at most 15 tokens
    if (trial % 5 == 0 && bytes.size() > 2) bytes[2] = 0xFF;   // the numbers of tokens spelt out
    const Unpacked out = Check(bytes);
    if (HasFailure()) FAIL() << "trial " << trial;
    unpacked += out.frames > 0;
    versions += out.frames == QUAVER_ERROR_VERSION;
  }
  EXPECT_GT(unpacked, 2000);
  EXPECT_GT(versions, 2000);
}

TEST_F(RtpHostileTest, DamagedPayloadsUnpackSafely) {
  int unpacked = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    auto payload = AnyPayload();
    for (int i = 1 + Below(random_, 3); i > 0; --i)
      payload[static_cast<size_t>(Below(random_, static_cast<int>(payload.size())))] ^= 1
                                                                                        << Below(random_, 8);
    if (trial % 3 == 0) payload.insert(payload.end(), payload.begin(), payload.end());
    unpacked += Check(payload).frames > 0;
    if (HasFailure()) FAIL() << "trial " << trial;
  }
  EXPECT_GT(unpacked, 1000);
}

// Cut anywhere it has fewer than three bytes or unpacks to as many frames; zeros may follow, nothing else.
TEST_F(RtpHostileTest, CutAndPaddedPayloads) {
  for (int trial = 0; trial < 100; ++trial) {
    const auto whole = AnyPayload();
    const Unpacked sent = Check(whole);
    ASSERT_GT(sent.frames, 0);
    for (size_t size = 0; size < whole.size(); ++size) {
      const Unpacked cut = Check({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
      EXPECT_TRUE(size < 3 ? cut.frames == QUAVER_ERROR_PACKET : true);
      EXPECT_TRUE(cut.frames < 0 || Same(cut.header, sent.header));
    }
    auto padded = whole;
    padded.resize(whole.size() + 1 + static_cast<size_t>(Below(random_, 30)));
    EXPECT_EQ(Check(padded).rows, sent.rows);
    padded.resize(whole.size() + 30);
    padded.back() = 1;
    EXPECT_EQ(Check(padded).frames, QUAVER_ERROR_PACKET);
  }
  auto longest = AnyPayload();
  longest.resize(QUAVER_RTP_MAX_BYTES);
  EXPECT_GT(Check(longest).frames, 0);
  longest.push_back(0);
  EXPECT_EQ(Check(longest).frames, QUAVER_ERROR_PACKET);
}

TEST_F(RtpHostileTest, NewerVersionsAreRefusedByName) {
  auto payload = AnyPayload();
  for (const size_t size : {payload.size(), size_t{1}}) {
    payload.resize(size);
    for (const int version : {1, 2, 3}) {
      payload[0] = static_cast<uint8_t>((payload[0] & 0x3F) | version << 6);
      EXPECT_EQ(Check(payload).frames, QUAVER_ERROR_VERSION);
    }
  }
  EXPECT_STREQ(quaver_error_text(QUAVER_ERROR_VERSION), "a payload of a newer version");
}

TEST_F(RtpHostileTest, NumbersThatNoPayloadHasAreRefused) {
  for (int trial = 0; trial < 50; ++trial) {
    const auto good = AnyPayload();
    for (int frames = 10; frames < 16; ++frames) {
      auto bad = good;
      bad[0] = static_cast<uint8_t>((bad[0] & 0xF0) | frames);
      EXPECT_EQ(Check(bad).frames, QUAVER_ERROR_PACKET);
    }
    for (int n_q = 19; n_q < 32; ++n_q) {
      auto bad = good;
      bad[1] = static_cast<uint8_t>((bad[1] & 7) | n_q << 3);
      EXPECT_EQ(Check(bad).frames, QUAVER_ERROR_PACKET);
    }
  }
}

// The packet inside says for itself that it has other frames than the header: refused, and so is a redundant
// frame with more tokens than the header allows.
TEST_F(RtpHostileTest, APacketThatContradictsTheHeaderIsRefused) {
  TokenCounts n_q;
  n_q.fill(5);
  auto payload = Pack({3, 0, 0, 4, 0}, Speech(0, n_q));  // 3 frames of 5 tokens, spelt out
  ASSERT_EQ(Check(payload).frames, 3);
  payload[0] = 2 << 4;  // now 2 redundant frames of at most 1 token, and 1 frame
  EXPECT_EQ(Check(payload).frames, QUAVER_ERROR_PACKET);
  const quaver_format format = {4, 4};
  const Rows rows = Speech(0, n_q);
  std::vector<uint8_t> packet(QUAVER_MAX_PACKET_BYTES);
  const int bytes = quaver_pack_frames(model_.get(), &format, rows.tokens.data(), rows.n_q.data(), 6,
                                       packet.data(), packet.size());
  ASSERT_GT(bytes, 0);
  payload = {3, 4 << 3};  // 4 frames; the packet says 6
  payload.insert(payload.end(), packet.begin(), packet.begin() + bytes);
  EXPECT_EQ(Check(payload).frames, QUAVER_ERROR_PACKET);
}

}  // namespace
}  // namespace quaver
