// Saved states. Bytes as they are, and the same with the head and the checksum of a true state, since a checksum is no protection
// against forgery: then Restore() takes them, or refuses them and leaves the stream alone; either way the stream goes on.
#include "codec/state.h"

#include <array>
#include <cmath>
#include <vector>

#include "codec/limits.h"
#include "codec/state_head.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

template <typename Stream>
std::vector<std::byte> Forged(const Stream& stream, std::span<const uint8_t> bytes, bool with_head, internal::StateOf kind) {
  std::vector<std::byte> state(stream.state_size());
  FUZZ_CHECK(stream.Save(state));
  const size_t first = with_head ? internal::kStateHeadBytes : 0;
  for (size_t i = 0; i < bytes.size() && first + i < state.size(); ++i) state[first + i] = static_cast<std::byte>(bytes[i]);
  if (with_head) internal::PutStateHead(kind, stream.model().identity(), state);
  return state;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool with_head = input.Byte() % 4 != 0;
  const bool of_encoder = input.Byte() % 2 != 0;
  const auto model = fuzz::SmallestModel();
  const int groups = model->groups();
  const auto width = static_cast<size_t>(groups);
  std::vector<float> sound(static_cast<size_t>(model->frame()), .25f);
  std::array<uint16_t, kMaxGroups> tokens{};
  if (of_encoder) {
    Encoder encoder(model, 1);
    const auto state = Forged(encoder, input.Rest(), with_head, internal::StateOf::kEncoder);
    FUZZ_CHECK(CheckState(encoder, state).ok() == encoder.Restore(state));
    for (int i = 0; i < 3; ++i) FUZZ_CHECK(encoder.Encode(sound, groups, tokens) >= 0);
    for (size_t i = 0; i < width; ++i) FUZZ_CHECK(tokens[i] < model->codes());
  } else {
    Decoder decoder(model, 1);
    const auto state = Forged(decoder, input.Rest(), with_head, internal::StateOf::kDecoder);
    FUZZ_CHECK(CheckState(decoder, state).ok() == decoder.Restore(state));
    for (int i = 0; i < 3; ++i) FUZZ_CHECK(decoder.Decode(std::span<const uint16_t>(tokens).first(width), groups, sound));
    FUZZ_CHECK(decoder.Conceal(sound));
  }
  return 0;
}
