// Many calls at once: does a machine keep up with a packet of every stream each 20 ms?
#ifndef QUAVER_BENCH_STREAMS_H_
#define QUAVER_BENCH_STREAMS_H_

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/contender.h"
#include "codec/codec.h"

namespace quaver::bench {

struct StreamsTask {
  int streams = 100;
  int threads = 1;      // the streams are spread over them
  double seconds = 10;  // of a run
  int n_q = 18;
};

// Each tick of 20 ms every stream encodes, packs, unpacks and decodes a packet. A thread's tick is late when
// it ends after the next one should have begun, which is then left out. "run": "streams", "ticks", "late",
// and seconds "p50", "p99", "worst" from the start of a tick to its end. "one": the same for a single stream:
// packets with 20 ms between them, so with cold caches. "most": the most streams with at most one tick in
// 1000 late, in one of two runs of a quarter of the time.
nlohmann::ordered_json MeasureStreams(const std::shared_ptr<const Model>& model, const Speech& speech,
                                      const StreamsTask& task,
                                      const std::function<void(const std::string&)>& note);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_STREAMS_H_
