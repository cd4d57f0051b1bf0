#include "codec/device/device_ports.h"

#include <algorithm>

namespace quaver {
namespace {

constexpr size_t kFade = 128;  // samples: a gap that begins and ends like this does not click

void Count(std::atomic<uint64_t>& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

void FadeIn(std::span<float> block) noexcept {
  const size_t count = std::min(block.size(), kFade);
  for (size_t i = 0; i < count; ++i) block[i] *= static_cast<float>(i) / static_cast<float>(count);
}

}  // namespace

void CapturePort::OnBlock(std::span<const float> block) noexcept {
  Count(counters_.blocks);
  if (ring_.Write(block) < block.size()) Count(overruns_);
}

// The last `count` samples before a gap.
void PlayoutPort::FadeOut(std::span<float> block, size_t count) noexcept {
  const size_t length = std::min(count, kFade);
  for (size_t i = 0; i < length; ++i) {
    block[count - 1 - i] *= static_cast<float>(i) / static_cast<float>(length);
  }
}

void PlayoutPort::OnBlock(std::span<float> block) noexcept {
  Count(counters_.blocks);
  const bool finishing = finishing_.load(std::memory_order_acquire);
  bool playing = playing_.load(std::memory_order_relaxed);
  const bool starts = !playing && (finishing || ring_.fill() >= start_);
  playing = playing || starts;
  const size_t count = playing ? ring_.Read(block) : 0;
  std::fill(block.begin() + static_cast<std::ptrdiff_t>(count), block.end(), 0.0F);
  if (starts) FadeIn(block.first(count));
  if (playing && count < block.size()) {
    FadeOut(block, count);
    if (!finishing) Count(underruns_);
    playing = false;
  }
  playing_.store(playing, std::memory_order_relaxed);
}

}  // namespace quaver
