#include "codec/device/portaudio_callbacks.h"

#include <algorithm>
#include <span>

#include "codec/device/device_ports.h"

namespace quaver {
namespace {

constexpr double kMaxLatency = 10;  // seconds: what is longer, or negative, is no latency

void Note(PortCounters& counters, bool xrun, double latency) noexcept {
  if (xrun) counters.device_xruns.fetch_add(1, std::memory_order_relaxed);
  if (latency > 0 && latency < kMaxLatency) {
    counters.latency.store(static_cast<float>(latency), std::memory_order_relaxed);
  }
}

}  // namespace

int CaptureCallback(const void* input, void*, unsigned long frames, const PaStreamCallbackTimeInfo* time,
                    PaStreamCallbackFlags flags, void* port) noexcept {
  auto& capture = *static_cast<CapturePort*>(port);
  Note(capture.counters(), (flags & (paInputOverflow | paInputUnderflow)) != 0,
       time == nullptr ? 0 : time->currentTime - time->inputBufferAdcTime);
  if (input != nullptr) capture.OnBlock({static_cast<const float*>(input), frames});
  return paContinue;
}

int PlayoutCallback(const void*, void* output, unsigned long frames, const PaStreamCallbackTimeInfo* time,
                    PaStreamCallbackFlags flags, void* port) noexcept {
  auto& playout = *static_cast<PlayoutPort*>(port);
  // PortAudio primes a stream with silence of its own; that is no underflow.
  const bool xrun = (flags & (paOutputUnderflow | paOutputOverflow)) != 0 && (flags & paPrimingOutput) == 0;
  Note(playout.counters(), xrun, time == nullptr ? 0 : time->outputBufferDacTime - time->currentTime);
  playout.OnBlock({static_cast<float*>(output), frames});
  return paContinue;
}

}  // namespace quaver
