// Payloads of RTP packets: what is packed comes back, and what a receiver must refuse is refused.
#include "codec/rtp/rtp.h"

#include <algorithm>
#include <array>

#include "tests/api/c_api.h"

namespace quaver {
namespace {

constexpr size_t kRows = QUAVER_RTP_MAX_ALL_FRAMES;
constexpr size_t kGroups = 18;

struct Rows {
  std::array<uint16_t, kRows * kGroups> tokens{};
  std::array<uint8_t, kRows> n_q{};
  bool operator==(const Rows&) const = default;
};

class RtpTest : public CApiTest {
 protected:
  // Speech, the first row of it `first` frames in; row f has n_q[f] tokens and `behind` after them.
  Rows Speech(size_t first, const std::array<uint8_t, kRows>& n_q, uint16_t behind = QUAVER_NO_TOKEN) const {
    Rows rows;
    rows.n_q = n_q;
    rows.tokens.fill(behind);
    for (size_t f = 0; f < kRows; ++f)
      std::copy_n(&speech_tokens_[(first + f) * kGroups], n_q[f], &rows.tokens[f * kGroups]);
    return rows;
  }

  int Pack(const quaver_rtp_payload& header, const Rows& rows, std::vector<uint8_t>& payload) const {
    payload.assign(QUAVER_RTP_MAX_BYTES, 0xAA);
    const int bytes = quaver_rtp_pack(model_.get(), &header, rows.tokens.data(), rows.n_q.data(),
                                      payload.data(), payload.size());
    payload.resize(static_cast<size_t>(std::max(bytes, 0)));
    return bytes;
  }

  int Unpack(const std::vector<uint8_t>& payload, quaver_rtp_payload& header, Rows& rows) const {
    return quaver_rtp_unpack(model_.get(), payload.data(), payload.size(), &header, rows.tokens.data(),
                             rows.n_q.data());
  }

  void SetUp() override {
    CApiTest::SetUp();
    speech_tokens_ = Tokens(static_cast<int>(kGroups));
  }

  std::vector<uint16_t> speech_tokens_;
};

bool Same(const quaver_rtp_payload& a, const quaver_rtp_payload& b) {
  return a.frames == b.frames && a.redundant_frames == b.redundant_frames &&
         a.redundant_tokens == b.redundant_tokens && a.n_q == b.n_q && a.pause == b.pause;
}

// What arrives of `sent`: redundant rows cut, rows that are not there empty.
Rows Expected(const quaver_rtp_payload& header, Rows sent) {
  for (size_t f = 0; f < kRows; ++f) {
    const auto row = static_cast<int>(f);
    if (row < header.redundant_frames)
      sent.n_q[f] = static_cast<uint8_t>(std::min<int>(sent.n_q[f], header.redundant_tokens));
    if (row >= header.redundant_frames + header.frames) sent.n_q[f] = 0;
    std::fill(&sent.tokens[f * kGroups] + sent.n_q[f], &sent.tokens[f * kGroups] + kGroups, QUAVER_NO_TOKEN);
  }
  return sent;
}

// Every header that there can be, with frames that are as it says.
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
  std::vector<uint8_t> payload;
  for (const quaver_rtp_payload& header : AllHeaders()) {
    std::array<uint8_t, kRows> n_q;
    n_q.fill(static_cast<uint8_t>(header.n_q));
    std::fill_n(n_q.begin(), header.redundant_frames, uint8_t{18});  // cut to `redundant_tokens`
    const Rows sent = Speech(static_cast<size_t>(header.n_q), n_q);
    ASSERT_GT(Pack(header, sent, payload), 2);
    quaver_rtp_payload known{}, received{};
    Rows rows;
    ASSERT_EQ(quaver_rtp_header(payload.data(), payload.size(), &known), 0);
    ASSERT_TRUE(Same(known, header));
    ASSERT_EQ(Unpack(payload, received, rows), header.frames + header.redundant_frames);
    ASSERT_TRUE(Same(received, header));
    ASSERT_EQ(rows, Expected(header, sent));
  }
}

}  // namespace
}  // namespace quaver
