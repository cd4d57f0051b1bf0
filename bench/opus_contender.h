// libopus, linked.
#ifndef QUAVER_BENCH_OPUS_CONTENDER_H_
#define QUAVER_BENCH_OPUS_CONTENDER_H_

#include <memory>
#include <string>

#include "bench/contender.h"
#include "codec/status.h"

namespace quaver::bench {

// 16 kHz mono, OPUS_APPLICATION_VOIP, complexity 10, 12 kbit/s, 20 ms a packet. `speech` outlives it.
Result<std::unique_ptr<Contender>> MakeOpus(const Speech& speech);
std::string OpusVersion();

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_OPUS_CONTENDER_H_
