// Token arrays in any of the files that NumPy and PyTorch users have.
#ifndef QUAVER_CODEC_CONTAINER_TOKEN_ARRAY_FILE_H_
#define QUAVER_CODEC_CONTAINER_TOKEN_ARRAY_FILE_H_

#include <cstdint>
#include <span>
#include <string>

#include "codec/byte_stream.h"
#include "codec/io/token_array.h"
#include "codec/status.h"

namespace quaver {

enum class TokenArrayKind { kNone, kNpy, kNpz, kSafetensors };

// What a file is by its first bytes, of which kArrayStartBytes are enough.
inline constexpr size_t kArrayStartBytes = 9;
TokenArrayKind ArrayKindOf(std::span<const uint8_t> start);

// Is a .safetensors file one of tokens, as its header says: a single tensor of integers? Files of weights
// hold several.
bool IsSafetensorsOfTokens(const ByteSource& source);

// Reads the one array of a file of this kind (not kNone). Errors: those of ReadNpy(), ReadNpz() and
// ReadSafetensorsTokens().
Result<TokenMatrix> ReadTokenArray(TokenArrayKind kind, const ByteSource& source, const std::string& name,
                                   TokenLayout layout);

// The one tensor of a .safetensors file. Refused: several tensors (which are named), data that do not fit the
// header, and what IntegerFormat() and ReadTokenValues() refuse.
Result<TokenMatrix> ReadSafetensorsTokens(const ByteSource& source, const std::string& name,
                                          TokenLayout layout);

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_TOKEN_ARRAY_FILE_H_
