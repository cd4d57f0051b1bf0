// What the codec thread counts and the terminal shows: atomics only, so that neither waits for the other.
#ifndef QUAVER_APPS_LIVE_LIVE_STATS_H_
#define QUAVER_APPS_LIVE_LIVE_STATS_H_

#include <array>
#include <atomic>
#include <cstdint>

namespace quaver {

// What the keys change, frame by frame.
struct LiveControls {
  std::atomic<int> n_q = 6;  // tokens a frame
  std::atomic<float> loss = 0;
  std::atomic<bool> bypass = false;  // hear the original, as late as the decoded speech
  std::atomic<bool> mute = false;    // the loudspeaker
};

// Times up to 50 ms in steps of 10 us; longer ones count as the longest.
class TimeHistogram {
 public:
  void Add(double seconds);
  // The time below which `share` (0 .. 1) of the times lie, to the step; 0 if there are none.
  double Quantile(double share) const;
  double longest() const { return longest_.load(std::memory_order_relaxed); }

 private:
  static constexpr double kStep = 1e-5;  // seconds
  std::array<std::atomic<uint32_t>, 5000> counts_{};
  std::atomic<double> longest_ = 0;
};

// Peak of the sound in the last moments, as a meter shows it.
class LevelMeter {
 public:
  void Add(float peak);                                                 // of a frame
  float peak() const { return peak_.load(std::memory_order_relaxed); }  // falls by 26 dB a second

 private:
  std::atomic<float> peak_ = 0;
};

struct LiveStats {
  std::atomic<uint64_t> frames = 0;         // encoded
  std::atomic<uint64_t> tokens = 0;         // written
  std::atomic<uint64_t> payload_bytes = 0;  // written
  std::atomic<uint64_t> lost = 0;           // packets that the channel lost
  std::atomic<uint64_t> late = 0;           // packets that came after their turn
  std::atomic<uint64_t> concealed = 0;      // frames
  std::atomic<uint64_t> slow = 0;           // packets that took longer than a frame lasts
  std::atomic<uint64_t> skipped = 0;        // frames dropped, since the output was far behind
  std::atomic<uint64_t> busy_ns = 0;        // of the codec thread
  std::atomic<float> capture_wait = 0;      // seconds of sound before the encoder
  std::atomic<float> playout_wait = 0;      // and behind the decoder, on their way to the devices
  std::atomic<float> resampler_delay = 0;   // seconds, of both
  std::atomic<float> drift_ppm = 0;
  TimeHistogram packet_times;
  LevelMeter in;
  LevelMeter out;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_STATS_H_
