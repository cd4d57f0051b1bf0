#include "tests/conformance/random_packets.h"

#include <algorithm>

namespace quaver {

PacketDefaults RandomDefaults(Random& random, int groups) {
  const int frames = 1 + Below(random, kMaxFramesPerPacket);
  return {frames, Below(random, groups + 1)};
}

PacketTokens RandomPacketTokens(Random& random, const EntropyModel& model, const PacketDefaults& defaults) {
  const bool plain = Below(random, 4) == 0;
  const int frames = plain ? defaults.frames : 1 + Below(random, kMaxFramesPerPacket);
  PacketTokens tokens = RandomTokens(random, model, frames, plain ? defaults.n_q : model.groups());
  for (size_t f = 0; !plain && f < static_cast<size_t>(frames); ++f) {
    const bool changes = f == 0 || Below(random, 4) == 0;
    tokens.n_q[f] = changes ? static_cast<uint8_t>(Below(random, model.groups() + 1)) : tokens.n_q[f - 1];
    std::fill(tokens.token[f].begin() + tokens.n_q[f], tokens.token[f].end(), kNoToken);
  }
  return tokens;
}

}  // namespace quaver
