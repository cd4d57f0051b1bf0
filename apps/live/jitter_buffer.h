// Puts packets back in order and plays each a fixed number of ticks after it was sent; what comes later than
// that is as good as lost.
#ifndef QUAVER_APPS_LIVE_JITTER_BUFFER_H_
#define QUAVER_APPS_LIVE_JITTER_BUFFER_H_

#include <cstdint>
#include <vector>

#include "apps/live/channel.h"

namespace quaver {

inline constexpr int kMaxJitterDepth = 100;  // packets: 2 s

class JitterBuffer {
 public:
  // `depth`: ticks from sending to playing, 0 .. kMaxJitterDepth.
  explicit JitterBuffer(int depth) : depth_(static_cast<uint64_t>(depth)), slots_(depth_ + 1) {}

  // A packet has come. False: too late, its turn is over; or twice.
  bool Put(const LivePacket& packet);
  // The packet whose turn is next, or null if it is not there. Valid until the next Put().
  const LivePacket* Take();

  int depth() const { return static_cast<int>(depth_); }

 private:
  struct Slot {
    bool used = false;
    LivePacket packet;
  };
  Slot& SlotOf(uint64_t sequence) { return slots_[sequence % slots_.size()]; }

  uint64_t depth_;
  uint64_t next_ = 0;  // the sequence number whose turn is next
  std::vector<Slot> slots_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_JITTER_BUFFER_H_
