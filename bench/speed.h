// Contenders timed side by side.
#ifndef QUAVER_BENCH_SPEED_H_
#define QUAVER_BENCH_SPEED_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/contender.h"

namespace quaver::bench {

using Json = nlohmann::ordered_json;
using Note = std::function<void(const std::string&)>;  // what is going on, for people

struct SpeedTask {
  double speech_seconds = 0;
  int repetitions = 1;
  double macs_per_second = 0;  // of the network, a second of audio
};

// Each repetition runs every contender and the SGEMM once, one after the other, so that drift of the machine
// hits all alike; one repetition before them is not counted. Gives:
//   "peak": "fma" and "sgemm" in multiply-accumulates a second (the best seen), "sgemm_by" library
//   "speed": a contender each: key, title, "payload_bps", "encode", "decode", "both": quartiles and median of
//     x real time
//   "ratios": what of them people ask for: quartiles and median of the ratios inside one repetition
Json MeasureSpeed(const std::vector<Entry>& entries, const SpeedTask& task, const Note& note);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_SPEED_H_
