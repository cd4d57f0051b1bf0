#include "codec/state.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "codec/state_head.h"

namespace quaver {
namespace internal {
namespace {

using Magic = std::array<char, 4>;
constexpr size_t kModelAt = sizeof(Magic) + sizeof(kStateVersion);
constexpr size_t kChecksumAt = kModelAt + sizeof(Identity);

Magic MagicOf(StateOf kind) { return {'Q', 'v', static_cast<char>(kind), '\0'}; }

// FNV-1a over words of 8 bytes in four lanes: the search for tokens saves and restores states all the time,
// and SHA-256 (libmd) takes 0.2 ms for one, longer than decoding a frame. The shift carries high bits (signs)
// down, which a product does not. Each step is a bijection, so damage within a word never stays hidden.
uint64_t Mixed(uint64_t hash, uint64_t word) noexcept {
  hash = (hash ^ word) * 0x100000001b3;
  return hash ^ (hash >> 29);
}

uint64_t Checksum(std::span<const std::byte> bytes) noexcept {
  constexpr size_t kWord = sizeof(uint64_t);
  std::array<uint64_t, 4> lanes = {1, 2, 3, 4};
  std::array<uint64_t, 4> words;
  const uint64_t size = bytes.size();
  for (; bytes.size() >= sizeof(words); bytes = bytes.subspan(sizeof(words))) {
    std::memcpy(words.data(), bytes.data(), sizeof(words));
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = Mixed(lanes[i], words[i]);
  }
  uint64_t hash = Mixed(0xcbf29ce484222325, size);
  for (const uint64_t lane : lanes) hash = Mixed(hash, lane);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kWord, bytes.size()))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min(kWord, bytes.size()));
    hash = Mixed(hash, word);
  }
  return hash;
}

}  // namespace

void PutStateHead(StateOf kind, const Identity& model, std::span<std::byte> state) noexcept {
  const Magic magic = MagicOf(kind);
  std::memcpy(state.data(), magic.data(), magic.size());
  std::memcpy(state.data() + sizeof(Magic), &kStateVersion, sizeof(kStateVersion));
  std::memcpy(state.data() + kModelAt, model.data(), model.size());
  const uint64_t checksum = Checksum(state.subspan(kStateHeadBytes));
  std::memcpy(state.data() + kChecksumAt, &checksum, sizeof(checksum));
}

StateFault CheckStateHead(StateOf kind, const Identity& model, std::span<const std::byte> state) noexcept {
  const Magic magic = MagicOf(kind);
  if (state.size() < kStateHeadBytes || std::memcmp(state.data(), magic.data(), magic.size()) != 0)
    return StateFault::kNoState;
  if (std::memcmp(state.data() + sizeof(Magic), &kStateVersion, sizeof(kStateVersion)) != 0)
    return StateFault::kVersion;
  if (std::memcmp(state.data() + kModelAt, model.data(), model.size()) != 0) return StateFault::kModel;
  const uint64_t checksum = Checksum(state.subspan(kStateHeadBytes));
  if (std::memcmp(state.data() + kChecksumAt, &checksum, sizeof(checksum)) != 0) return StateFault::kDamaged;
  return StateFault::kNone;
}

}  // namespace internal

namespace {

using internal::StateFault;
using internal::StateOf;

// `what`: "an encoder" or "a decoder".
template <typename Stream>
Status Check(const Stream& stream, StateOf kind, const char* what, std::span<const std::byte> state) {
  if (stream.state_size() == 0) return Error{"the stream has no model"};
  switch (internal::CheckStateHead(kind, stream.model().identity(), state)) {
    case StateFault::kNoState:
      return Error{std::string("the bytes are no state of ") + what};
    case StateFault::kVersion: {
      uint32_t version = 0;
      std::memcpy(&version, state.data() + sizeof(internal::Magic), sizeof(version));
      return Error{"the state is of version " + std::to_string(version) + ", this library reads version " +
                   std::to_string(internal::kStateVersion)};
    }
    case StateFault::kModel: {
      Identity model;
      std::memcpy(model.data(), state.data() + internal::kModelAt, model.size());
      return Error{"the state is of the model " + ToHex(model) + ", the stream of the model " +
                   ToHex(stream.model().identity())};
    }
    case StateFault::kDamaged:
      if (state.size() == stream.state_size()) return Error{"the state is damaged: its checksum is another"};
      break;
    case StateFault::kNone:
      break;
  }
  if (state.size() == stream.state_size()) return {};
  return Error{"the state has " + std::to_string(state.size()) + " bytes, not " +
               std::to_string(stream.state_size())};
}

}  // namespace

Status CheckState(const Encoder& encoder, std::span<const std::byte> state) {
  Status status = Check(encoder, StateOf::kEncoder, "an encoder", state);
  if (!status.ok()) return status;
  uint32_t pending = 0;
  std::memcpy(&pending, state.data() + internal::kStateHeadBytes, sizeof(pending));
  if (pending < static_cast<uint32_t>(encoder.model().frame())) return {};
  return Error{"the state is damaged: " + std::to_string(pending) + " samples wait for a frame of " +
               std::to_string(encoder.model().frame())};
}

Status CheckState(const Decoder& decoder, std::span<const std::byte> state) {
  return Check(decoder, StateOf::kDecoder, "a decoder", state);
}

}  // namespace quaver
