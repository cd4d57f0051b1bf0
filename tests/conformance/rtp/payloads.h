// The conformance vectors of this folder: payloads of RTP packets, of the frozen model.
#ifndef QUAVER_TESTS_CONFORMANCE_RTP_PAYLOADS_H_
#define QUAVER_TESTS_CONFORMANCE_RTP_PAYLOADS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/rtp/rtp.h"

namespace quaver {

struct PayloadVector {
  quaver_rtp_payload header{};
  std::vector<std::vector<uint16_t>> tokens;  // of each frame, redundant ones first
  std::vector<uint8_t> payload;
};

// A payload that a receiver refuses.
struct RefusedVector {
  std::string what;
  bool newer_version = false;
  std::vector<uint8_t> payload;
};

struct PayloadVectors {
  std::string model;  // the SDP parameter
  std::vector<PayloadVector> payloads;
  std::vector<RefusedVector> refused;
};

// Both throw what the JSON library throws, of files that are not as README.md says.
PayloadVectors ReadPayloads(const std::string& path);
std::string PayloadsAsText(const PayloadVectors& vectors);

// Rows and their numbers of tokens as quaver_rtp_pack takes them.
struct PayloadRows {
  std::vector<uint16_t> tokens;  // [QUAVER_RTP_MAX_ALL_FRAMES, groups]
  std::vector<uint8_t> n_q = std::vector<uint8_t>(QUAVER_RTP_MAX_ALL_FRAMES);
};
PayloadRows RowsOf(const PayloadVector& vector, size_t groups);

}  // namespace quaver

#endif  // QUAVER_TESTS_CONFORMANCE_RTP_PAYLOADS_H_
