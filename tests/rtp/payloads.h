// What the tests of RTP payloads share: rows of speech, packing and unpacking in buffers of the exact size,
// so that AddressSanitizer sees every byte too far.
#ifndef QUAVER_TESTS_RTP_PAYLOADS_H_
#define QUAVER_TESTS_RTP_PAYLOADS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "codec/rtp/rtp.h"
#include "tests/api/c_api.h"

namespace quaver {

inline constexpr size_t kRows = QUAVER_RTP_MAX_ALL_FRAMES;
inline constexpr size_t kGroups = 18;
using TokenCounts = std::array<uint8_t, kRows>;  // n_q of each row

struct Rows {
  std::vector<uint16_t> tokens = std::vector<uint16_t>(kRows * kGroups);
  std::vector<uint8_t> n_q = std::vector<uint8_t>(kRows);
  bool operator==(const Rows&) const = default;
};

struct Unpacked {
  int frames = 0;  // or an error
  quaver_rtp_payload header{};
  Rows rows;
};

inline bool Same(const quaver_rtp_payload& a, const quaver_rtp_payload& b) {
  return a.frames == b.frames && a.redundant_frames == b.redundant_frames &&
         a.redundant_tokens == b.redundant_tokens && a.n_q == b.n_q && a.pause == b.pause;
}

inline int AllFrames(const quaver_rtp_payload& header) { return header.redundant_frames + header.frames; }

class RtpTest : public CApiTest {
 protected:
  void SetUp() override {
    CApiTest::SetUp();
    speech_tokens_ = Tokens(static_cast<int>(kGroups));
  }

  // Rows of speech from frame `first` on; row f has n_q[f] tokens and `behind` after them.
  Rows Speech(size_t first, const TokenCounts& n_q, uint16_t behind = QUAVER_NO_TOKEN) const {
    Rows rows;
    rows.n_q.assign(n_q.begin(), n_q.end());
    std::fill(rows.tokens.begin(), rows.tokens.end(), behind);
    for (size_t f = 0; f < kRows; ++f)
      std::copy_n(&speech_tokens_[(first + f) * kGroups], n_q[f], &rows.tokens[f * kGroups]);
    return rows;
  }

  // The payload; empty if it was refused, which `error` tells.
  std::vector<uint8_t> Pack(const quaver_rtp_payload& header, const Rows& rows, int* error = nullptr) const {
    std::vector<uint8_t> payload(QUAVER_RTP_MAX_BYTES, 0xAA);
    const int bytes = quaver_rtp_pack(model_.get(), &header, rows.tokens.data(), rows.n_q.data(),
                                      payload.data(), payload.size());
    if (error != nullptr) *error = bytes;
    payload.resize(static_cast<size_t>(std::max(bytes, 0)));
    return payload;
  }

  Unpacked Unpack(const std::vector<uint8_t>& payload) const {
    const auto exact = Exact(payload);
    Unpacked out;
    out.frames = quaver_rtp_unpack(model_.get(), exact.get(), payload.size(), &out.header,
                                   out.rows.tokens.data(), out.rows.n_q.data());
    return out;
  }

  // A copy without room behind it, and never NULL.
  static std::unique_ptr<uint8_t[]> Exact(const std::vector<uint8_t>& payload) {
    auto exact = std::make_unique<uint8_t[]>(payload.size());
    std::copy(payload.begin(), payload.end(), exact.get());
    return exact;
  }

  std::vector<uint16_t> speech_tokens_;
};

}  // namespace quaver

#endif  // QUAVER_TESTS_RTP_PAYLOADS_H_
