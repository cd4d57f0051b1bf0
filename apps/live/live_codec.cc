#include "apps/live/live_codec.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/model/config.h"

namespace quaver {
namespace {

constexpr size_t kFade = 160;  // samples: 10 ms, short and without a click

float Peak(std::span<const float> samples) {
  float peak = 0;
  for (const float x : samples) peak = std::max(peak, std::abs(x));
  return peak;
}

void Count(std::atomic<uint64_t>& counter, uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

// Packets of one frame; how many tokens is set frame by frame.
StreamEncoder LiveEncoder(const std::shared_ptr<const Model>& model) {
  EncoderOptions options;
  options.frames_per_packet = 1;
  options.tokens = 1;
  return StreamEncoder::Create(model, options).value();
}

StreamDecoder LiveDecoder(const std::shared_ptr<const Model>& model) {
  DecoderOptions options;
  options.format.frames = 1;
  options.skip = 0;  // the delay is part of what is shown
  return StreamDecoder::Create(model, options).value();
}

}  // namespace

LiveCodec::LiveCodec(const std::shared_ptr<const Model>& model, const ChannelSettings& settings, int depth)
    : model_(model),
      frame_(static_cast<size_t>(model_->frame())),
      delay_(static_cast<size_t>(model_->delay()) + static_cast<size_t>(depth) * frame_),
      encoder_(LiveEncoder(model)),
      decoder_(LiveDecoder(model)),
      channel_(settings, 1.0 / model_->frame_rate()),
      jitter_(depth),
      room_(kMaxPacketBytes),
      past_(delay_ + frame_),
      decoded_(frame_),
      heard_(frame_) {}

LiveFrame LiveCodec::Process(std::span<const float> samples, const LiveControls& controls, LiveStats& stats) {
  channel_.SetLoss(static_cast<double>(controls.loss.load(std::memory_order_relaxed)));
  Delay(samples);
  Send(samples, std::clamp(controls.n_q.load(std::memory_order_relaxed), 1, model_->groups()), stats);
  Receive(stats);
  Mix(controls);
  ++tick_;
  stats.in.Add(Peak(samples));
  stats.out.Add(Peak(heard_));
  return {std::span(past_).first(frame_), decoded_, heard_};
}

void LiveCodec::Delay(std::span<const float> samples) {
  std::copy(past_.begin() + static_cast<std::ptrdiff_t>(frame_), past_.end(), past_.begin());
  std::copy(samples.begin(), samples.end(), past_.end() - static_cast<std::ptrdiff_t>(frame_));
}

void LiveCodec::Send(std::span<const float> samples, int n_q, LiveStats& stats) {
  packet_.sequence = tick_;
  packet_.defaults = {1, n_q};
  if (encoder_.format().n_q != n_q) {
    static_cast<void>(encoder_.SetTokens(n_q));  // clamped to what the model has: it cannot fail
    encoder_.set_format(packet_.defaults);
  }
  encoder_.Write(samples);
  packet_.size = encoder_.Read(room_);
  std::copy_n(room_.begin(), packet_.size, packet_.bytes.begin());
  Count(stats.frames);
  Count(stats.tokens, static_cast<uint64_t>(n_q));
  Count(stats.payload_bytes, packet_.size);
  if (!channel_.Send(packet_)) Count(stats.lost);
}

void LiveCodec::Receive(LiveStats& stats) {
  for (const LivePacket* packet : channel_.Receive(tick_)) {
    if (!jitter_.Put(*packet)) Count(stats.late);
  }
  if (tick_ < static_cast<uint64_t>(jitter_.depth())) return;  // the first packet's turn has not come
  const LivePacket* packet = jitter_.Take();
  if (packet != nullptr && Decode(*packet)) return;
  Count(stats.concealed);
  decoder_.WriteLost(1);
  decoder_.Read(decoded_);
}

bool LiveCodec::Decode(const LivePacket& packet) {
  const auto bytes = std::span(packet.bytes).first(packet.size);
  decoder_.set_format(packet.defaults);
  if (PacketFrames(packet.defaults, bytes) != 1 || !decoder_.Write(bytes)) return false;
  return decoder_.Read(decoded_) == frame_;
}

// Each gain goes to where it should be within kFade samples.
void LiveCodec::Mix(const LiveControls& controls) {
  const bool mute = controls.mute.load(std::memory_order_relaxed);
  const bool bypass = controls.bypass.load(std::memory_order_relaxed);
  const float decoded_goal = !mute && !bypass ? 1.0F : 0.0F;
  const float original_goal = !mute && bypass ? 1.0F : 0.0F;
  for (size_t i = 0; i < frame_; ++i) {
    const float way = std::min(1.0F, static_cast<float>(i + 1) / kFade);
    const float decoded = decoded_gain_ + (decoded_goal - decoded_gain_) * way;
    const float original = original_gain_ + (original_goal - original_gain_) * way;
    heard_[i] = decoded * decoded_[i] + original * past_[i];
  }
  decoded_gain_ = decoded_goal;
  original_gain_ = original_goal;
}

}  // namespace quaver
