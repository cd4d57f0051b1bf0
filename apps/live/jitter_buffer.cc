#include "apps/live/jitter_buffer.h"

namespace quaver {

bool JitterBuffer::Put(const LivePacket& packet) {
  if (packet.sequence < next_ || packet.sequence - next_ >= slots_.size()) return false;
  Slot& slot = SlotOf(packet.sequence);
  if (slot.used) return false;
  slot.used = true;
  slot.packet = packet;
  return true;
}

const LivePacket* JitterBuffer::Take() {
  Slot& slot = SlotOf(next_++);
  if (!slot.used) return nullptr;
  slot.used = false;
  return &slot.packet;
}

}  // namespace quaver
