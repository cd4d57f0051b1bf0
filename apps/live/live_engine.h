// The codec thread: takes a frame from the source, sends it through the codec, gives it to the sink.
#ifndef QUAVER_APPS_LIVE_LIVE_ENGINE_H_
#define QUAVER_APPS_LIVE_LIVE_ENGINE_H_

#include <atomic>
#include <thread>
#include <vector>

#include "apps/live/live_codec.h"
#include "apps/live/live_stats.h"
#include "apps/live/recorder.h"
#include "apps/live/sinks.h"
#include "apps/live/sources.h"
#include "codec/status.h"

namespace quaver {

// Without a thread or a clock of its own: a test drives it as time is simulated.
class LiveEngine {
 public:
  // `recorder` may be null. Everything has to outlive the engine.
  LiveEngine(LiveCodec& codec, FrameSource& source, FrameSink& sink, Recorder* recorder,
             const LiveControls& controls, LiveStats& stats);

  // At most one frame. kNothing: none is due.
  Result<Got> Step();

 private:
  Result<bool> Handle();
  void Note();

  LiveCodec& codec_;
  FrameSource& source_;
  FrameSink& sink_;
  Recorder* recorder_;
  const LiveControls& controls_;
  LiveStats& stats_;
  std::vector<float> frame_;
};

// Calls Step() until the source ends, something fails, or the object does.
class EngineThread {
 public:
  explicit EngineThread(LiveEngine& engine) : engine_(engine), thread_([this] { Run(); }) {}
  ~EngineThread() { Stop(); }

  void Stop();
  bool ended() const { return ended_.load(std::memory_order_acquire); }  // by itself
  const Status& status() const { return status_; }                       // after Stop() or ended()

 private:
  void Run();
  LiveEngine& engine_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> ended_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_ENGINE_H_
