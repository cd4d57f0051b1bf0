#include "codec/model/hash.h"

#include <sha2.h>
#include <sys/types.h>

#include <array>
#include <cstddef>

namespace quaver {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kScheme = "quaver identity 1";

std::array<uint8_t, 8> LittleEndian(uint64_t value) {
  std::array<uint8_t, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
  return bytes;
}

class Hash {
 public:
  Hash() { SHA256Init(&context_); }
  // Every field goes in behind its length, so that no two lists of fields give the same bytes.
  void Field(std::span<const uint8_t> bytes) {
    const auto length = LittleEndian(bytes.size());
    SHA256Update(&context_, length.data(), length.size());
    SHA256Update(&context_, bytes.data(), bytes.size());
  }
  void Field(std::string_view text) { Field({reinterpret_cast<const uint8_t*>(text.data()), text.size()}); }
  Identity Finish() {
    Identity identity{};
    SHA256Final(identity.data(), &context_);
    return identity;
  }

 private:
  SHA2_CTX context_;
};

}  // namespace

std::string ToHex(const Identity& identity) {
  std::string hex;
  for (const uint8_t byte : identity) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Result<Identity> IdentityFromHex(std::string_view hex) {
  Identity identity{};
  if (hex.size() != 2 * identity.size()) {
    return Error{"an identity has 64 hexadecimal digits, not " + std::to_string(hex.size())};
  }
  for (size_t i = 0; i < hex.size(); ++i) {
    const size_t digit = kDigits.find(hex[i]);
    if (digit == std::string_view::npos) {
      return Error{"character " + std::to_string(i) + " of an identity is not a digit of 0-9, a-f"};
    }
    identity[i / 2] = static_cast<uint8_t>(identity[i / 2] << 4 | digit);
  }
  return identity;
}

Identity ComputeIdentity(std::string_view canonical_config, std::span<const TensorBytes> tensors) {
  Hash hash;
  hash.Field(kScheme);
  hash.Field(canonical_config);
  for (const TensorBytes& tensor : tensors) {
    std::vector<uint8_t> shape;
    for (const int64_t size : tensor.shape) {
      const auto bytes = LittleEndian(static_cast<uint64_t>(size));
      shape.insert(shape.end(), bytes.begin(), bytes.end());
    }
    hash.Field(tensor.name);
    hash.Field(tensor.dtype);
    hash.Field(shape);
    hash.Field(tensor.bytes);
  }
  return hash.Finish();
}

}  // namespace quaver
