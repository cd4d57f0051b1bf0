#include "apps/live/live_engine.h"

#include <chrono>

#include "apps/live/real_time.h"
#include "codec/model/config.h"

namespace quaver {
namespace {

using Clock = std::chrono::steady_clock;

// How often the codec thread looks for a frame. It is not woken by the audio thread, which must make no
// system call; this costs half a millisecond of latency and next to no processor time.
constexpr auto kPoll = std::chrono::milliseconds(1);
constexpr float kSmoothing = 0.02F;  // of the latencies, a frame: over a second

void Follow(std::atomic<float>& mean, double value) {
  const float before = mean.load(std::memory_order_relaxed);
  mean.store(before + kSmoothing * (static_cast<float>(value) - before), std::memory_order_relaxed);
}

void Count(std::atomic<uint64_t>& counter, uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

LiveEngine::LiveEngine(LiveCodec& codec, FrameSource& source, FrameSink& sink, Recorder* recorder,
                       const LiveControls& controls, LiveStats& stats)
    : codec_(codec),
      source_(source),
      sink_(sink),
      recorder_(recorder),
      controls_(controls),
      stats_(stats),
      frame_(codec.frame()) {}

Result<Got> LiveEngine::Step() {
  if (!source_.live() && !sink_.Hungry()) return Got::kNothing;
  const auto start = Clock::now();
  const auto got = source_.Next(frame_);
  if (!got.ok() || got.value() == Got::kNothing) return got;
  if (got.value() == Got::kEnd) {
    sink_.Finish();
    return got;
  }
  if (const auto pushed = Handle(); !pushed.ok()) return pushed.error();
  const std::chrono::duration<double> took = Clock::now() - start;
  const double frame = 1.0 / codec_.model().frame_rate();
  stats_.packet_times.Add(took.count());
  Count(stats_.busy_ns, static_cast<uint64_t>(1e9 * took.count()));
  if (took.count() > frame) Count(stats_.slow);
  return got;
}

Result<bool> LiveEngine::Handle() {
  const LiveFrame done = codec_.Process(frame_, controls_, stats_);
  const auto pushed = sink_.Push(done.heard);
  if (pushed.ok() && !pushed.value()) Count(stats_.skipped);
  if (recorder_ != nullptr) recorder_->Add(done.original, done.decoded);
  Note();
  return pushed;
}

void LiveEngine::Note() {
  Follow(stats_.capture_wait, source_.waiting());
  Follow(stats_.playout_wait, sink_.waiting());
  stats_.resampler_delay.store(static_cast<float>(source_.resampler_delay() + sink_.resampler_delay()),
                               std::memory_order_relaxed);
  stats_.drift_ppm.store(static_cast<float>(sink_.drift_ppm()), std::memory_order_relaxed);
}

void EngineThread::Run() {
  RaiseThisThread();
  while (!stop_.load(std::memory_order_acquire)) {
    const auto got = engine_.Step();
    if (!got.ok()) status_ = got.error();
    if (!got.ok() || got.value() == Got::kEnd) {
      ended_.store(true, std::memory_order_release);
      return;
    }
    if (got.value() == Got::kNothing) std::this_thread::sleep_for(kPoll);
  }
}

void EngineThread::Stop() {
  stop_.store(true, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
}

}  // namespace quaver
