#include "tests/api/soak/call.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

#include "codec/bitstream/entropy_model.h"

namespace quaver::soak {

namespace {

void Require(bool holds, const Call& call, const char* what) {
  if (holds) return;
  throw std::runtime_error("call " + std::to_string(call.seed()) + ", tick " + std::to_string(call.ticks()) +
                           ": " + what);
}

template <typename Stream>
void MoveThrough(Stream& stream, const Call& call) {
  std::vector<std::byte> state(stream.state_size());
  Require(stream.Save(state), call, "a state cannot be saved");
  Stream other(call.model(), 1);
  Require(other.Restore(state), call, "a saved state is refused");
  state[state.size() / 2] ^= std::byte{1};
  Require(!other.Restore(state), call, "a damaged state is taken");
  stream = std::move(other);
}

}  // namespace

Call::Call(std::shared_ptr<const Model> model, std::span<const float> speech, uint64_t seed)
    : model_(std::move(model)),
      speech_(speech),
      seed_(seed),
      random_(seed),
      groups_(static_cast<size_t>(model_->groups())),
      frame_(static_cast<size_t>(model_->frame())),
      at_(random_.Below(speech.size())),
      length_(1 + static_cast<int>(random_.Below(random_.Below(4) == 0 ? 30 : 800))),
      format_{.frames = 1, .n_q = static_cast<int>(random_.Below(groups_ + 1))},
      encoder_(model_, 1),
      decoder_(model_, 1),
      sound_(frame_) {
  n_q_ = std::max(1, format_.n_q);
}

std::span<const float> Call::Speak() {
  if (random_.Below(50) == 0) n_q_ = 1 + static_cast<int>(random_.Below(groups_));
  losing_ = random_.Below(100) < (losing_ ? 60u : 4u);
  damage_ = random_.Below(40) == 0 ? random_.Bits() | 1 : 0;
  if (at_ + frame_ > speech_.size()) at_ = 0;
  const auto samples = speech_.subspan(at_, frame_);
  at_ += frame_;
  return samples;
}

void Call::EncodeAlone() {
  Require(encoder_.Encode(speech_.subspan(at_ - frame_, frame_), n_q_, sent()) == 1, *this,
          "a frame is not encoded");
}

void Call::Send(Counts& counts) {
  PacketTokens tokens, arrived;
  tokens.frames = 1;
  tokens.n_q[0] = static_cast<uint8_t>(n_q_);
  tokens.token[0].fill(kNoToken);
  std::copy_n(sent_.begin(), n_q_, tokens.token[0].begin());
  std::array<uint8_t, kMaxPacketBytes> packet;
  const size_t bytes = EncodePacket(model_->entropy(), format_, tokens, packet);
  Require(bytes > 0, *this, "a packet cannot be written");
  ++counts.packets;
  heard_n_q_ = 0;
  if (losing_) {
    ++counts.lost;
    return;
  }
  if (damage_ != 0) {
    ++counts.damaged;
    packet[damage_ % bytes] ^= static_cast<uint8_t>(1u << (damage_ >> 32) % 8);
  }
  const bool taken = DecodePacket(model_->entropy(), format_, std::span(packet).first(bytes), arrived);
  if (damage_ == 0) {
    Require(taken && arrived.frames == 1 && arrived.n_q == tokens.n_q && arrived.token[0] == tokens.token[0],
            *this, "tokens arrive changed");
  }
  if (!taken || arrived.frames != 1) {
    ++counts.refused;
    return;
  }
  heard_n_q_ = arrived.n_q[0];
  std::copy_n(arrived.token[0].begin(), heard_n_q_, heard_.begin());
}

void Call::DecodeAlone() {
  Require(decoder_.Decode(heard().first(static_cast<size_t>(heard_n_q_)), heard_n_q_, sound_), *this,
          "a frame is not decoded");
}

void Call::Hear() {
  for (const float sample : sound_) {
    Require(std::isfinite(sample), *this, "a sample is not finite");
    digest_ = (digest_ ^ std::bit_cast<uint32_t>(sample)) * 1099511628211u;
  }
  ++ticks_;
}

void Call::MoveElsewhere(Counts& counts) {
  MoveThrough(encoder_, *this);
  MoveThrough(decoder_, *this);
  ++counts.moved;
}

}  // namespace quaver::soak
