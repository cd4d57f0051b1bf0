#include "bench/stream_group.h"

#include <algorithm>

namespace quaver::bench {

StreamGroup::StreamGroup(const std::shared_ptr<const Model>& model, int n_q, int streams,
                         const Speech& speech)
    : speech_(speech),
      groups_(static_cast<size_t>(model->groups())),
      batch_(model),
      packer_(model, {1, n_q}),
      n_q_(static_cast<size_t>(streams), n_q),
      samples_(n_q_.size() * kFrame),
      tokens_(n_q_.size() * groups_) {
  const size_t frames = speech.size() / kFrame;
  for (size_t i = 0; i < n_q_.size(); ++i) {
    at_.push_back(frames * i / n_q_.size() * kFrame);
    encoder_list_.push_back(&encoders_.emplace_back(model, 1));
    decoder_list_.push_back(&decoders_.emplace_back(model, 1));
  }
}

void StreamGroup::Tick() {
  GatherFrames();
  batch_.Encode(encoder_list_, samples_, n_q_, tokens_);
  SendPackets();
  batch_.Decode(decoder_list_, tokens_, n_q_, samples_);
}

void StreamGroup::GatherFrames() {
  for (size_t i = 0; i < at_.size(); ++i) {
    std::copy_n(&speech_[at_[i]], kFrame, &samples_[i * kFrame]);
    at_[i] = (at_[i] + kFrame) % speech_.size();
  }
}

void StreamGroup::SendPackets() {
  for (size_t i = 0; i < at_.size(); ++i) {
    const auto row = std::span(tokens_).subspan(i * groups_, static_cast<size_t>(n_q_[i]));
    packer_.Unpack(packer_.Pack(row, 1), row);
  }
}

}  // namespace quaver::bench
