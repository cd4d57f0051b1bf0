// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
#ifndef QUAVER_CODEC_TRAIN_LOG_CRC32C_H_
#define QUAVER_CODEC_TRAIN_LOG_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace quaver {

uint32_t Crc32c(std::string_view bytes);
// As TFRecord files store it, so that the CRC of bytes that hold CRCs is a good one (tsl/lib/hash/crc32c.h).
uint32_t MaskedCrc32c(std::string_view bytes);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_CRC32C_H_
