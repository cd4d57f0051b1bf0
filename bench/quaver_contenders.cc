#include "bench/quaver_contenders.h"

#include <algorithm>
#include <utility>

#include "bench/packet_stream.h"

namespace quaver::bench {
namespace {

class QuaverFile final : public Contender {
 public:
  QuaverFile(const std::shared_ptr<const Model>& model, int n_q, const Speech& speech)
      : speech_(speech),
        n_q_(n_q),
        encoder_(model),
        decoder_(model),
        packer_(model, {kMaxFramesPerPacket, n_q}),
        tokens_(speech.size() / kFrame * n_q),
        unpacked_(tokens_.size()),
        decoded_(speech.size()) {}

  void Encode() override {
    encoder_.Reset();
    encoder_.Encode(speech_, n_q_, tokens_);
    packets_.Clear();
    const size_t row = static_cast<size_t>(n_q_);
    const size_t frames = speech_.size() / kFrame;
    for (size_t done = 0; done < frames; done += kMaxFramesPerPacket) {
      const size_t count = std::min<size_t>(frames - done, kMaxFramesPerPacket);
      packets_.Add(packer_.Pack({&tokens_[done * row], count * row}, static_cast<int>(count)));
    }
  }

  void Decode() override {
    decoder_.Reset();
    size_t done = 0;
    for (size_t i = 0; i < packets_.size(); ++i) {
      done += packer_.Unpack(packets_[i], std::span(unpacked_).subspan(done * n_q_));
    }
    decoder_.Decode(unpacked_, n_q_, decoded_);
  }

  size_t payload_bytes() const override { return packets_.bytes(); }
  std::span<const uint16_t> tokens() const override { return tokens_; }

 private:
  const Speech& speech_;
  int n_q_;
  Encoder encoder_;
  Decoder decoder_;
  Packer packer_;
  std::vector<uint16_t> tokens_;
  std::vector<uint16_t> unpacked_;
  std::vector<float> decoded_;
  PacketList packets_;
};

class QuaverPackets final : public Contender {
 public:
  QuaverPackets(const std::shared_ptr<const Model>& model, int n_q, const Speech& speech)
      : speech_(speech), stream_(model, n_q), tokens_(speech.size() / kFrame * n_q), decoded_(kFrame) {}

  void Encode() override {
    stream_.Reset();
    packets_.Clear();
    auto token = tokens_.begin();
    for (size_t at = 0; at < speech_.size(); at += kFrame) {
      packets_.Add(stream_.Encode({&speech_[at], kFrame}));
      token = std::copy(stream_.tokens().begin(), stream_.tokens().end(), token);
    }
  }

  void Decode() override {
    stream_.Reset();
    for (size_t i = 0; i < packets_.size(); ++i) stream_.Decode(packets_[i], decoded_);
  }

  size_t payload_bytes() const override { return packets_.bytes(); }
  std::span<const uint16_t> tokens() const override { return tokens_; }

 private:
  const Speech& speech_;
  PacketStream stream_;
  std::vector<uint16_t> tokens_;
  std::vector<float> decoded_;
  PacketList packets_;
};

}  // namespace

std::unique_ptr<Contender> MakeQuaverFile(std::shared_ptr<const Model> model, int n_q, const Speech& speech) {
  return std::make_unique<QuaverFile>(model, n_q, speech);
}

std::unique_ptr<Contender> MakeQuaverPackets(std::shared_ptr<const Model> model, int n_q,
                                             const Speech& speech) {
  return std::make_unique<QuaverPackets>(model, n_q, speech);
}

}  // namespace quaver::bench
