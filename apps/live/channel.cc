#include "apps/live/channel.h"

#include <algorithm>
#include <cmath>

#include "codec/bitstream/digits.h"

namespace quaver {
namespace {

static_assert((kMaxGroups * kMaxDigits + 2) * 16 / 8 + 8 <= kMaxLivePacket);

constexpr size_t kFlights = 128;   // packets under way at once
constexpr double kMaxDelay = 100;  // ticks

}  // namespace

SimulatedChannel::SimulatedChannel(const ChannelSettings& settings, double tick)
    : burst_(settings.burst),
      jitter_(settings.jitter / tick),
      loss_(settings.loss, settings.burst, settings.seed),
      random_(settings.seed + 1),
      flights_(kFlights) {
  landed_.reserve(kFlights);
  received_.reserve(kFlights);
}

double SimulatedChannel::Delay() {
  return jitter_ > 0 ? std::min(kMaxDelay, std::abs(jitter_ * normal_(random_))) : 0;
}

bool SimulatedChannel::Send(const LivePacket& packet) {
  const double delay = Delay();
  if (loss_.NextIsLost()) return false;
  const auto free = std::find_if(flights_.begin(), flights_.end(), [](const Flight& f) { return !f.used; });
  if (free == flights_.end()) return false;
  free->used = true;
  free->arrival = static_cast<double>(packet.sequence) + delay;
  free->packet = packet;
  return true;
}

std::span<const LivePacket* const> SimulatedChannel::Receive(uint64_t now) {
  landed_.clear();
  received_.clear();
  for (Flight& flight : flights_) {
    if (flight.used && flight.arrival <= static_cast<double>(now)) landed_.push_back(&flight);
  }
  std::sort(landed_.begin(), landed_.end(),
            [](const Flight* a, const Flight* b) { return a->arrival < b->arrival; });
  for (Flight* flight : landed_) {
    flight->used = false;  // its bytes stay until the next Send()
    received_.push_back(&flight->packet);
  }
  return received_;
}

}  // namespace quaver
