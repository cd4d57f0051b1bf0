// The ends of the rings that an audio device's callback works on. OnBlock() runs on the audio thread: it
// moves samples, counts with atomics, and never allocates, locks, waits or enters the system.
#ifndef QUAVER_CODEC_DEVICE_DEVICE_PORTS_H_
#define QUAVER_CODEC_DEVICE_DEVICE_PORTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/device/sample_ring.h"

namespace quaver {

// What both ports count. Written on the audio thread, read on any.
struct PortCounters {
  std::atomic<uint64_t> blocks = 0;        // callbacks so far
  std::atomic<uint64_t> device_xruns = 0;  // over- or underflows that the device's driver reports
  std::atomic<float> latency = 0;          // seconds between converter and callback, 0 if not known
};

// Microphone to codec.
class CapturePort {
 public:
  // Room for `capacity` samples at the device's rate.
  explicit CapturePort(size_t capacity) : ring_(capacity) {}

  void OnBlock(std::span<const float> block) noexcept;

  SampleRing& ring() { return ring_; }
  PortCounters& counters() { return counters_; }
  uint64_t overruns() const {
    return overruns_.load(std::memory_order_relaxed);
  }  // blocks cut for want of room

 private:
  SampleRing ring_;
  PortCounters counters_;
  std::atomic<uint64_t> overruns_ = 0;
};

// Codec to loudspeaker. It is silent until `start` samples have come, and again after an underrun: one gap,
// no stutter.
class PlayoutPort {
 public:
  PlayoutPort(size_t capacity, size_t start) : ring_(capacity), start_(start) {}

  void OnBlock(std::span<float> block) noexcept;

  SampleRing& ring() { return ring_; }
  PortCounters& counters() { return counters_; }
  uint64_t underruns() const { return underruns_.load(std::memory_order_relaxed); }
  bool playing() const { return playing_.load(std::memory_order_relaxed); }
  // Nothing more will be written: play the rest, however short, and do not call its end an underrun. Release,
  // so that the audio thread sees everything written before it sees this.
  void Finish() { finishing_.store(true, std::memory_order_release); }

 private:
  void FadeOut(std::span<float> block, size_t count) noexcept;

  SampleRing ring_;
  size_t start_;
  PortCounters counters_;
  std::atomic<uint64_t> underruns_ = 0;
  std::atomic<bool> playing_ = false;
  std::atomic<bool> finishing_ = false;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_DEVICE_PORTS_H_
