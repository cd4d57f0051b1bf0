#include "bench/stream_group.h"

namespace quaver::bench {

StreamGroup::StreamGroup(const std::shared_ptr<const Model>& model, int n_q, int streams,
                         const Speech& speech)
    : speech_(speech), decoded_(kFrame) {
  const size_t frames = speech.size() / kFrame;
  for (int i = 0; i < streams; ++i) {
    const size_t frame = frames * static_cast<size_t>(i) / static_cast<size_t>(streams);
    streams_.push_back({PacketStream(model, n_q), frame * kFrame});
  }
}

void StreamGroup::Tick() {
  for (Stream& stream : streams_) {
    stream.codec.Decode(stream.codec.Encode({&speech_[stream.at], kFrame}), decoded_);
    stream.at = (stream.at + kFrame) % speech_.size();
  }
}

}  // namespace quaver::bench
