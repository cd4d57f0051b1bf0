// A ring of samples between two threads: one writes, one reads, nobody waits.
//
// Own code, since what Debian offers does not fit: PortAudio does not install its ring, JACK's synchronises
// through volatile (which neither the language nor ThreadSanitizer takes for synchronisation), and boost's
// brings all of boost along for these lines.
#ifndef QUAVER_CODEC_DEVICE_SAMPLE_RING_H_
#define QUAVER_CODEC_DEVICE_SAMPLE_RING_H_

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

namespace quaver {

// Allocates in the constructor only; no call locks, waits or enters the system.
class SampleRing {
 public:
  // Room for at least `capacity` samples.
  explicit SampleRing(size_t capacity) : samples_(std::bit_ceil(std::max<size_t>(capacity, 1))) {}

  // For the writing thread alone: takes as many of `samples` as there is room for, returns how many.
  size_t Write(std::span<const float> samples) noexcept {
    const size_t at = written_.load(std::memory_order_relaxed);
    const size_t room = samples_.size() - (at - read_.load(std::memory_order_acquire));
    const size_t count = std::min(room, samples.size());
    const size_t first = std::min(count, samples_.size() - Index(at));
    std::copy_n(samples.data(), first, samples_.data() + Index(at));
    std::copy_n(samples.data() + first, count - first, samples_.data());
    written_.store(at + count, std::memory_order_release);
    return count;
  }

  // For the reading thread alone: gives as many samples as there are and `out` has room for, returns how
  // many.
  size_t Read(std::span<float> out) noexcept {
    const size_t at = read_.load(std::memory_order_relaxed);
    const size_t count = std::min(written_.load(std::memory_order_acquire) - at, out.size());
    const size_t first = std::min(count, samples_.size() - Index(at));
    std::copy_n(samples_.data() + Index(at), first, out.data());
    std::copy_n(samples_.data(), count - first, out.data() + first);
    read_.store(at + count, std::memory_order_release);
    return count;
  }

  // Samples written and not read yet. Exact for the two threads' own next call in this sense: the reader can
  // read at least so many, the writer has at least capacity() - fill() of room. Any thread may ask.
  size_t fill() const noexcept {
    const size_t read = read_.load(std::memory_order_acquire);
    return std::min(written_.load(std::memory_order_acquire) - read, samples_.size());
  }
  size_t capacity() const noexcept { return samples_.size(); }

 private:
  static constexpr size_t kCacheLine = 64;  // bytes: the two ends do not share one
  size_t Index(size_t at) const noexcept { return at & (samples_.size() - 1); }

  std::vector<float> samples_;
  alignas(kCacheLine) std::atomic<size_t> written_ = 0;  // both count up for ever and may wrap around
  alignas(kCacheLine) std::atomic<size_t> read_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_SAMPLE_RING_H_
