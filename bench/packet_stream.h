// One stream in both directions, one frame a packet, range coder included: what a call sends.
#ifndef QUAVER_BENCH_PACKET_STREAM_H_
#define QUAVER_BENCH_PACKET_STREAM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/bitstream/packet.h"
#include "codec/codec.h"

namespace quaver::bench {

// Packets one after the other; keeps its memory when it is cleared.
class PacketList {
 public:
  void Clear() { bytes_.clear(), ends_.clear(); }
  void Add(std::span<const uint8_t> packet) {
    bytes_.insert(bytes_.end(), packet.begin(), packet.end());
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }
  size_t bytes() const { return bytes_.size(); }
  std::span<const uint8_t> operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<size_t> ends_;
};

// Tokens [frames, n_q] of one packet <-> its bytes.
class Packer {
 public:
  Packer(std::shared_ptr<const Model> model, PacketDefaults defaults)
      : model_(std::move(model)), defaults_(defaults), bytes_(kMaxPacketBytes) {}

  // The bytes stay until the next call.
  std::span<const uint8_t> Pack(std::span<const uint16_t> tokens, int frames);
  // Returns the frames, 0 for bytes that are no packet.
  int Unpack(std::span<const uint8_t> packet, std::span<uint16_t> tokens);

 private:
  std::shared_ptr<const Model> model_;
  PacketDefaults defaults_;
  PacketTokens packet_;
  std::vector<uint8_t> bytes_;
};

class PacketStream {
 public:
  PacketStream(const std::shared_ptr<const Model>& model, int n_q)
      : encoder_(model, 1), decoder_(model, 1), packer_(model, {1, n_q}), n_q_(n_q), tokens_(n_q) {}

  // One frame of samples -> its packet, which stays until the next call.
  std::span<const uint8_t> Encode(std::span<const float> samples);
  // A packet -> one frame of samples.
  void Decode(std::span<const uint8_t> packet, std::span<float> samples);
  void Reset() { encoder_.Reset(), decoder_.Reset(); }
  std::span<const uint16_t> tokens() const { return tokens_; }  // of the last frame
  size_t encoder_state() const { return encoder_.state_size(); }
  size_t decoder_state() const { return decoder_.state_size(); }

 private:
  Encoder encoder_;
  Decoder decoder_;
  Packer packer_;
  int n_q_;
  std::vector<uint16_t> tokens_;
};

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_PACKET_STREAM_H_
