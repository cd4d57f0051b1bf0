// The streams that one thread serves.
#ifndef QUAVER_BENCH_STREAM_GROUP_H_
#define QUAVER_BENCH_STREAM_GROUP_H_

#include <memory>
#include <vector>

#include "bench/contender.h"
#include "bench/packet_stream.h"
#include "codec/codec.h"

namespace quaver::bench {

class StreamGroup {
 public:
  StreamGroup(const std::shared_ptr<const Model>& model, int n_q, int streams, const Speech& speech);
  // One packet of every stream, there and back. Each stream is at another place of the speech.
  void Tick();

 private:
  struct Stream {
    PacketStream codec;
    size_t at;  // sample of the speech
  };
  const Speech& speech_;
  std::vector<Stream> streams_;
  std::vector<float> decoded_;
};

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_STREAM_GROUP_H_
