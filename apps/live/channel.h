// A network that loses and delays packets, in simulated time: one tick a packet, nobody waits.
#ifndef QUAVER_APPS_LIVE_CHANNEL_H_
#define QUAVER_APPS_LIVE_CHANNEL_H_

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "apps/cli/packet_loss.h"
#include "codec/bitstream/packet.h"

namespace quaver {

// Of one frame: (18 tokens * 8 digits + 2) symbols of 16 bits at most, and the end.
inline constexpr size_t kMaxLivePacket = 512;

struct LivePacket {
  uint64_t sequence = 0;    // counts from 0, one a frame
  PacketDefaults defaults;  // both ends agree on them
  size_t size = 0;          // bytes
  std::array<uint8_t, kMaxLivePacket> bytes{};
};

struct ChannelSettings {
  double loss = 0;    // share of packets lost, 0 .. 1
  double burst = 0;   // mean number of packets lost in a row, at least 1; 0: losses are independent
  double jitter = 0;  // seconds: each packet comes late by the size of a normal number with this deviation
  uint64_t seed = 1;
};

class SimulatedChannel {
 public:
  // `tick`: seconds from packet to packet.
  SimulatedChannel(const ChannelSettings& settings, double tick);

  void SetLoss(double loss) { loss_.Set(loss, burst_); }
  // Packet number packet.sequence enters at that tick. False: it is lost.
  bool Send(const LivePacket& packet);
  // The packets that have come by tick `now`, in the order of their arrival; valid until the next Send().
  std::span<const LivePacket* const> Receive(uint64_t now);

 private:
  struct Flight {
    bool used = false;
    double arrival = 0;  // in ticks
    LivePacket packet;
  };
  double Delay();  // in ticks

  double burst_;
  double jitter_;  // in ticks
  LossModel loss_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::vector<Flight> flights_;
  std::vector<Flight*> landed_;
  std::vector<const LivePacket*> received_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_CHANNEL_H_
