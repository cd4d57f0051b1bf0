// One frame of sound through everything that has no device: encoder, packet, channel, jitter buffer, decoder.
#ifndef QUAVER_APPS_LIVE_LIVE_CODEC_H_
#define QUAVER_APPS_LIVE_LIVE_CODEC_H_

#include <memory>
#include <span>
#include <vector>

#include "apps/live/channel.h"
#include "apps/live/jitter_buffer.h"
#include "apps/live/live_stats.h"
#include "codec/codec.h"
#include "codec/stream_decoder.h"
#include "codec/stream_encoder.h"

namespace quaver {

struct LiveFrame {
  std::span<const float> original;  // as late as `decoded`
  std::span<const float> decoded;
  std::span<const float> heard;  // one of the two, or silence: what bypass and mute say
};

class LiveCodec {
 public:
  // `depth`: of the jitter buffer, in frames.
  LiveCodec(const std::shared_ptr<const Model>& model, const ChannelSettings& settings, int depth);

  // `samples` [frame] go in, [frame] come out, later by delay() samples. Valid until the next call.
  LiveFrame Process(std::span<const float> samples, const LiveControls& controls, LiveStats& stats);

  const Model& model() const { return *model_; }
  size_t frame() const { return frame_; }  // samples
  size_t delay() const { return delay_; }  // samples: decoder and jitter buffer

 private:
  void Send(std::span<const float> samples, int n_q, LiveStats& stats);
  void Receive(LiveStats& stats);
  bool Decode(const LivePacket& packet);
  void Delay(std::span<const float> samples);
  void Mix(const LiveControls& controls);

  std::shared_ptr<const Model> model_;
  size_t frame_;
  size_t delay_;
  StreamEncoder encoder_;
  StreamDecoder decoder_;
  SimulatedChannel channel_;
  JitterBuffer jitter_;
  uint64_t tick_ = 0;
  LivePacket packet_;
  std::vector<uint8_t> room_;  // for the packet coder, which asks for more than a packet of one frame takes
  std::vector<float> past_;    // [delay + frame]: what went in
  std::vector<float> decoded_;
  std::vector<float> heard_;
  float decoded_gain_ = 1;  // where the last frame's fade ended
  float original_gain_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_CODEC_H_
