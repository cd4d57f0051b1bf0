#include "bench/packet_stream.h"

#include <algorithm>

namespace quaver::bench {

std::span<const uint8_t> Packer::Pack(std::span<const uint16_t> tokens, int frames) {
  packet_.frames = frames;
  for (int f = 0; f < frames; ++f) {
    packet_.n_q[f] = static_cast<uint8_t>(defaults_.n_q);
    std::copy_n(tokens.data() + static_cast<size_t>(f) * defaults_.n_q, defaults_.n_q,
                packet_.token[f].begin());
  }
  const size_t size = EncodePacket(model_->entropy(), defaults_, packet_, bytes_);
  return {bytes_.data(), size};
}

int Packer::Unpack(std::span<const uint8_t> packet, std::span<uint16_t> tokens) {
  if (!DecodePacket(model_->entropy(), defaults_, packet, packet_)) return 0;
  for (int f = 0; f < packet_.frames; ++f) {
    std::copy_n(packet_.token[f].begin(), defaults_.n_q,
                tokens.data() + static_cast<size_t>(f) * defaults_.n_q);
  }
  return packet_.frames;
}

std::span<const uint8_t> PacketStream::Encode(std::span<const float> samples) {
  encoder_.Encode(samples, n_q_, tokens_);
  return packer_.Pack(tokens_, 1);
}

void PacketStream::Decode(std::span<const uint8_t> packet, std::span<float> samples) {
  if (packer_.Unpack(packet, tokens_) == 1) decoder_.Decode(tokens_, n_q_, samples);
}

}  // namespace quaver::bench
