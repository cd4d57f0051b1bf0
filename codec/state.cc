#include "codec/state.h"

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

Magic MagicOf(StateOf kind) { return {'Q', 'v', static_cast<char>(kind), '\0'}; }

}  // namespace

void PutStateHead(StateOf kind, const Identity& model, std::span<std::byte> state) noexcept {
  const Magic magic = MagicOf(kind);
  std::memcpy(state.data(), magic.data(), magic.size());
  std::memcpy(state.data() + sizeof(Magic), &kStateVersion, sizeof(kStateVersion));
  std::memcpy(state.data() + kModelAt, model.data(), model.size());
}

StateFault CheckStateHead(StateOf kind, const Identity& model, std::span<const std::byte> state) noexcept {
  const Magic magic = MagicOf(kind);
  if (state.size() < kStateHeadBytes || std::memcmp(state.data(), magic.data(), magic.size()) != 0)
    return StateFault::kNoState;
  if (std::memcmp(state.data() + sizeof(Magic), &kStateVersion, sizeof(kStateVersion)) != 0)
    return StateFault::kVersion;
  if (std::memcmp(state.data() + kModelAt, model.data(), model.size()) != 0) return StateFault::kModel;
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
