// What one packet costs: its latency, its stages, its memory.
#ifndef QUAVER_BENCH_PACKETS_H_
#define QUAVER_BENCH_PACKETS_H_

#include <memory>
#include <nlohmann/json.hpp>

#include "bench/contender.h"
#include "codec/codec.h"
#include "codec/model/find.h"
#include "codec/model/weights.h"

namespace quaver::bench {

// Every packet of the speech, `passes` times, one after the other. Seconds: "p50", "p99", "worst" of "encode"
// (encode and pack), "decode" (unpack and decode) and "both"; and "packets".
nlohmann::ordered_json MeasurePackets(const std::shared_ptr<const Model>& model, int n_q,
                                      const Speech& speech, int passes);

// Layers and the steps between them, in order: "name", "half" ("encode" or "decode"), quartiles and median of
// the seconds in a packet. Blocks of one width are one stage.
nlohmann::ordered_json MeasureStages(const WeightsView& weights, const std::shared_ptr<const Model>& model,
                                     int n_q, const Speech& speech);

// Bytes: "encoder_state" and "decoder_state" that a stream saves, "matrices" of the packed weights, "model"
// (all of it, resident), "stream" (encoder and decoder of a live stream, with their scratch, on the heap) and
// "file" (the same for files).
nlohmann::ordered_json MeasureMemory(const FoundModel& found);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_PACKETS_H_
