// Quaver as it codes files and as it codes calls.
#ifndef QUAVER_BENCH_QUAVER_CONTENDERS_H_
#define QUAVER_BENCH_QUAVER_CONTENDERS_H_

#include <memory>

#include "bench/contender.h"
#include "codec/codec.h"

namespace quaver::bench {

// `speech` outlives the contenders. Both include the range coder.
// All of the speech in one call, packets of 25 frames.
std::unique_ptr<Contender> MakeQuaverFile(std::shared_ptr<const Model> model, int n_q, const Speech& speech);
// One frame a call and a packet.
std::unique_ptr<Contender> MakeQuaverPackets(std::shared_ptr<const Model> model, int n_q,
                                             const Speech& speech);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_QUAVER_CONTENDERS_H_
