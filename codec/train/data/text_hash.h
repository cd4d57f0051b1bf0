// FNV-1a, 64 bits (draft-eastlake-fnv): the same on every machine, for choices by name and for finding equal
// contents.
#ifndef QUAVER_CODEC_TRAIN_DATA_TEXT_HASH_H_
#define QUAVER_CODEC_TRAIN_DATA_TEXT_HASH_H_

#include <cstdint>
#include <string_view>

namespace quaver {

inline constexpr uint64_t kHashStart = 0xcbf29ce484222325U;

inline uint64_t TextHash(std::string_view text, uint64_t hash = kHashStart) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_TEXT_HASH_H_
