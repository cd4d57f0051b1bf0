// Computes and reads identities of models. docs/reference/weights.md
// specifies it.
#ifndef QUAVER_CODEC_MODEL_HASH_H_
#define QUAVER_CODEC_MODEL_HASH_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/identity.h"
#include "codec/status.h"

namespace quaver {

// A tensor as it stands in a file.
struct TensorBytes {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::span<const uint8_t> bytes;
};

// SHA-256 (FIPS 180-4) of the configuration and of `tensors`, which must be in ascending order of their
// names' bytes.
Identity ComputeIdentity(std::string_view canonical_config, std::span<const TensorBytes> tensors);

// 64 lower-case hexadecimal digits, as ToHex writes them.
Result<Identity> IdentityFromHex(std::string_view hex);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_HASH_H_
