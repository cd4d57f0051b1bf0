// What a stream names the model by that it was made with.
#ifndef QUAVER_CODEC_IDENTITY_H_
#define QUAVER_CODEC_IDENTITY_H_

#include <array>
#include <cstdint>
#include <string>

#include "codec/export.h"

namespace quaver {

// SHA-256 of the canonical configuration and of the tensors' names, shapes and bytes
// (the documentation's weights.md).
using Identity = std::array<uint8_t, 32>;
QUAVER_API std::string ToHex(const Identity& identity);  // 64 digits, lower case

}  // namespace quaver

#endif  // QUAVER_CODEC_IDENTITY_H_
