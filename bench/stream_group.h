// The streams that one thread serves, all in one batch.
#ifndef QUAVER_BENCH_STREAM_GROUP_H_
#define QUAVER_BENCH_STREAM_GROUP_H_

#include <deque>
#include <memory>
#include <vector>

#include "bench/contender.h"
#include "bench/packet_stream.h"
#include "codec/batch.h"
#include "codec/codec.h"

namespace quaver::bench {

class StreamGroup {
 public:
  StreamGroup(const std::shared_ptr<const Model>& model, int n_q, int streams, const Speech& speech);
  // One packet of every stream, there and back, range coder included. Each stream is at another place of the
  // speech.
  void Tick();

 private:
  void GatherFrames();
  void SendPackets();

  const Speech& speech_;
  size_t groups_;
  Batch batch_;
  Packer packer_;
  std::deque<Encoder> encoders_;
  std::deque<Decoder> decoders_;
  std::vector<Encoder*> encoder_list_;
  std::vector<Decoder*> decoder_list_;
  std::vector<size_t> at_;  // sample of the speech, a stream
  std::vector<int> n_q_;
  std::vector<float> samples_;    // [streams, frame]
  std::vector<uint16_t> tokens_;  // [streams, groups]
};

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_STREAM_GROUP_H_
