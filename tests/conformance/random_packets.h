// Packets of all shapes, drawn at random.
#ifndef QUAVER_TESTS_CONFORMANCE_RANDOM_PACKETS_H_
#define QUAVER_TESTS_CONFORMANCE_RANDOM_PACKETS_H_

#include "tests/bitstream/random_tokens.h"

namespace quaver {

PacketDefaults RandomDefaults(Random& random, int groups);
// A quarter of them plain ones; of the others half change n_q inside.
PacketTokens RandomPacketTokens(Random& random, const EntropyModel& model, const PacketDefaults& defaults);

}  // namespace quaver

#endif  // QUAVER_TESTS_CONFORMANCE_RANDOM_PACKETS_H_
