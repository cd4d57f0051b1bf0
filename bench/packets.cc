#include "bench/packets.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "bench/packet_stream.h"
#include "bench/timing.h"
#include "codec/model_access.h"

namespace quaver::bench {
namespace {

using Json = nlohmann::ordered_json;

Json Latency(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return {{"p50", Quantile(seconds, 0.5)}, {"p99", Quantile(seconds, 0.99)}, {"worst", seconds.back()}};
}

// Bytes that the heap has given out.
size_t HeapInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Memory of this process that is there and not a file's. What the heap has given out would not do for a
// model: its blocks are aligned to huge pages, and the address space before them counts there.
size_t ResidentBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  }
  return 0;
}

}  // namespace

Json MeasurePackets(const std::shared_ptr<const Model>& model, int n_q, const Speech& speech, int passes) {
  PacketStream stream(model, n_q);
  std::vector<float> decoded(kFrame);
  std::vector<double> encode;
  std::vector<double> decode;
  std::vector<double> both;
  for (int pass = 0; pass < passes; ++pass) {
    stream.Reset();
    for (size_t at = 0; at < speech.size(); at += kFrame) {
      std::span<const uint8_t> packet;
      encode.push_back(TimeOf([&] { packet = stream.Encode({&speech[at], kFrame}); }));
      decode.push_back(TimeOf([&] { stream.Decode(packet, decoded); }));
      both.push_back(encode.back() + decode.back());
    }
  }
  return {{"packets", both.size()},
          {"encode", Latency(encode)},
          {"decode", Latency(decode)},
          {"both", Latency(both)}};
}

Json MeasureMemory(const FoundModel& found) {
  const size_t before = ResidentBytes();
  const auto model = internal::ModelAccess::FromBytes(found.bytes(), found.source, found.verify());
  if (!model.ok()) return Json::object();
  const size_t after = ResidentBytes();
  const size_t loaded = HeapInUse();
  const Encoder encoder(model.value(), 1);
  const Decoder decoder(model.value(), 1);
  const size_t streaming = HeapInUse();
  const Encoder file_encoder(model.value());
  const Decoder file_decoder(model.value());
  return {{"encoder_state", encoder.state_size()},
          {"decoder_state", decoder.state_size()},
          {"matrices", model.value()->matrix_bytes()},
          {"model", after - before},
          {"stream", streaming - loaded},
          {"file", HeapInUse() - streaming}};
}

}  // namespace quaver::bench
