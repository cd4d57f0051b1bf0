// A live session from the first device to the report: opens, watches, reopens what vanished, ends.
#ifndef QUAVER_APPS_LIVE_LIVE_SESSION_H_
#define QUAVER_APPS_LIVE_LIVE_SESSION_H_

#include <chrono>
#include <memory>

#include "apps/live/device_link.h"
#include "apps/live/live_codec.h"
#include "apps/live/live_engine.h"
#include "apps/live/live_report.h"
#include "apps/live/live_ui.h"
#include "apps/live/recorder.h"
#include "codec/status.h"

namespace quaver {

class LiveSession {
 public:
  struct Parts {
    LiveCodec& codec;
    FileSource* file;    // null: the microphone
    Recorder* recorder;  // or null
    LiveUi& ui;
    const LiveControls& controls;
    LiveStats& stats;
  };
  // `seconds`: how long at most, 0: until the end of the file, `q` or a signal.
  LiveSession(LinkOptions options, double seconds, const Parts& parts);

  Status Run();
  LiveReport Report() const;

 private:
  enum class Over { kNo, kWanted, kEnded, kVanished };
  Status Open();
  Status Reopen();
  Status Drive();  // the engine, with the link that is open now
  Over Watch(const EngineThread& thread);
  bool Tick();  // keys, picture, a moment's pause; true: the end is wanted
  void Drain();
  void CloseLink();
  double Elapsed() const;

  LinkOptions options_;
  double seconds_;
  Parts parts_;
  std::unique_ptr<DeviceLink> link_;
  DeviceFigures closed_;  // of the links before this one
  Over over_ = Over::kNo;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_SESSION_H_
