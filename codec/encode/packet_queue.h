// Packets that wait, first in, first out. Allocates only when more wait than ever before.
#ifndef QUAVER_CODEC_ENCODE_PACKET_QUEUE_H_
#define QUAVER_CODEC_ENCODE_PACKET_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "codec/bitstream/packet.h"

namespace quaver {

class PacketQueue {
 public:
  PacketQueue() : ring_(2) {}
  size_t size() const { return size_; }
  PacketTokens& front() { return ring_[first_]; }  // size() > 0
  void Push(const PacketTokens& packet) {
    if (size_ == ring_.size()) {
      std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(first_), ring_.end());
      first_ = 0;
      ring_.resize(2 * ring_.size());
    }
    ring_[(first_ + size_) % ring_.size()] = packet;
    ++size_;
  }
  void Pop() {
    first_ = (first_ + 1) % ring_.size();
    --size_;
  }

 private:
  std::vector<PacketTokens> ring_;
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_PACKET_QUEUE_H_
