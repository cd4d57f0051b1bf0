// Internal: what the readers of headers share.
#ifndef QUAVER_CODEC_IO_HEADER_BYTES_H_
#define QUAVER_CODEC_IO_HEADER_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec/io/sound_header.h"

namespace quaver::internal {

inline constexpr int kMaxChunks = 1000;  // before the samples; more are no sound file

inline std::string_view Text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline uint64_t Number(std::span<const uint8_t> bytes, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8 | bytes[big_endian ? i : bytes.size() - 1 - i];
  }
  return value;
}

inline bool Has(const BytesAt& bytes, uint64_t at, std::span<uint8_t> out) {
  return bytes(at, out) == out.size();
}

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_HEADER_BYTES_H_
