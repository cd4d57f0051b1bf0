// RTP payloads: refused, or unpacked to what packs again.
#include "codec/rtp/rtp.h"

#include <array>
#include <cstring>
#include <vector>

#include "fuzz/c_model.h"
#include "fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (data == nullptr) return 0;  // no bytes at all are an argument that is missing
  const quaver_model* model = quaver::fuzz::TinyCModel();
  quaver_rtp_payload header{-1, -1, -1, -1, -1}, own{};
  std::vector<uint16_t> tokens(size_t{QUAVER_RTP_MAX_ALL_FRAMES} * static_cast<size_t>(quaver_groups(model)));
  std::array<uint8_t, QUAVER_RTP_MAX_ALL_FRAMES> n_q{};
  const int known = quaver_rtp_header(data, size, &own);
  const int frames = quaver_rtp_unpack(model, data, size, &header, tokens.data(), n_q.data());
  if (frames < 0) {
    FUZZ_CHECK(frames == QUAVER_ERROR_PACKET || frames == QUAVER_ERROR_VERSION);
    FUZZ_CHECK(header.frames == -1 && n_q[0] == 0);
    return 0;
  }
  FUZZ_CHECK(known == 0 && std::memcmp(&own, &header, sizeof own) == 0);
  FUZZ_CHECK(frames == header.frames + header.redundant_frames && frames <= QUAVER_RTP_MAX_ALL_FRAMES);

  std::array<uint8_t, QUAVER_RTP_MAX_BYTES> again;
  const int bytes = quaver_rtp_pack(model, &header, tokens.data(), n_q.data(), again.data(), again.size());
  FUZZ_CHECK(bytes > 0);
  auto same_tokens = tokens;
  auto same_n_q = n_q;
  quaver_rtp_payload same{};
  FUZZ_CHECK(quaver_rtp_unpack(model, again.data(), static_cast<size_t>(bytes), &same, same_tokens.data(), same_n_q.data()) == frames);
  FUZZ_CHECK(same_n_q == n_q && same_tokens == tokens);
  return 0;
}
