// How long a whole program takes on a short clip.
#ifndef QUAVER_BENCH_COLD_START_H_
#define QUAVER_BENCH_COLD_START_H_

#include <nlohmann/json.hpp>
#include <string>

#include "bench/contender.h"
#include "codec/status.h"

namespace quaver::bench {

// Spawns `program encode` and opusenc (if it is on the PATH) on the first second of the speech, in turn,
// `repetitions` times. "quaver" and "opusenc": quartiles and median of the seconds; "ratio" of
// the medians.
Result<nlohmann::ordered_json> MeasureColdStart(const std::string& program, const Speech& speech,
                                                int repetitions);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_COLD_START_H_
