// The range decoder: any bytes are a packet or are refused, and what a packet holds can be packed again.
#include "codec/bitstream/packet.h"

#include <memory>

#include "codec/bitstream/entropy_model.h"
#include "fuzz/input.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

std::shared_ptr<const Model> ModelOf(int drawn) {
  switch (drawn % 8) {
    case 0: return fuzz::DefaultModel();
    case 4: return fuzz::SmallestVectorModel();
    default: return fuzz::TinyModel();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const auto model = ModelOf(input.Byte());
  const PacketDefaults defaults{input.Int(1, kMaxFramesPerPacket), input.Int(0, model->groups())};
  const auto packet = input.Rest();

  PacketTokens tokens;
  const int frames = PacketFrames(defaults, packet);
  if (!DecodePacket(model->entropy(), defaults, packet, tokens)) return 0;
  FUZZ_CHECK(tokens.frames == frames && frames >= 1 && frames <= kMaxFramesPerPacket);
  for (int f = 0; f < frames; ++f) {
    const size_t frame = static_cast<size_t>(f);
    FUZZ_CHECK(tokens.n_q[frame] <= model->groups());
    for (size_t group = 0; group < tokens.n_q[frame]; ++group) FUZZ_CHECK(tokens.token[frame][group] < model->codes());
  }

  std::array<uint8_t, kMaxPacketBytes> again;
  const size_t bytes = EncodePacket(model->entropy(), defaults, tokens, again);
  FUZZ_CHECK(bytes > 0 && bytes <= again.size());
  PacketTokens same;
  FUZZ_CHECK(DecodePacket(model->entropy(), defaults, {again.data(), bytes}, same));
  FUZZ_CHECK(same.frames == tokens.frames && same.n_q == tokens.n_q && same.token == tokens.token);
  return 0;
}
