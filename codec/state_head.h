// What the state of a stream begins with (codec/state.h): "QvE" or "QvD" and a zero, the version, the
// identity of the model, and a checksum of what follows.
#ifndef QUAVER_CODEC_STATE_HEAD_H_
#define QUAVER_CODEC_STATE_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/identity.h"

namespace quaver::internal {

inline constexpr uint32_t kStateVersion = 3;  // 1 had no head, 2 no checksum
inline constexpr size_t kStateHeadBytes = 4 + sizeof(uint32_t) + sizeof(Identity) + sizeof(uint64_t);

enum class StateOf : char { kEncoder = 'E', kDecoder = 'D' };
enum class StateFault { kNone, kNoState, kVersion, kModel, kDamaged };

// `state`: kStateHeadBytes of room, and the rest as it will be.
void PutStateHead(StateOf kind, const Identity& model, std::span<std::byte> state) noexcept;
StateFault CheckStateHead(StateOf kind, const Identity& model, std::span<const std::byte> state) noexcept;

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_STATE_HEAD_H_
