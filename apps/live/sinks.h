// Where the frames go: a loudspeaker's ring, or nowhere, at the pace of the clock.
#ifndef QUAVER_APPS_LIVE_SINKS_H_
#define QUAVER_APPS_LIVE_SINKS_H_

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "codec/device/device_ports.h"
#include "codec/device/drift_control.h"
#include "codec/device/variable_resampler.h"
#include "codec/status.h"

namespace quaver {

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // Is it time for a frame? Asked only if the source is not live: the sink's clock counts then.
  virtual bool Hungry() = 0;
  // False: the frame was dropped, since the output is too far behind.
  virtual Result<bool> Push(std::span<const float> frame) = 0;
  virtual void Finish() {}  // no frame follows
  virtual double waiting() const {
    return 0;
  }  // seconds of sound before the device, when the last frame came
  virtual double resampler_delay() const { return 0; }  // seconds
  virtual double drift_ppm() const { return 0; }
};

struct LoudspeakerSettings {
  double rate = 48000;        // Hz, of the device
  double model_rate = 16000;  // Hz
  double reserve = 0.02;      // seconds that should be in the ring when a frame comes
  double frame = 0.02;        // seconds
  bool steered = true;        // the frames come by another clock than the loudspeaker's
};

class LoudspeakerSink : public FrameSink {
 public:
  // The port for these settings: starts to play with the reserve and a frame.
  static std::unique_ptr<PlayoutPort> MakePort(const LoudspeakerSettings& settings);
  static Result<std::unique_ptr<LoudspeakerSink>> Create(PlayoutPort& port,
                                                         const LoudspeakerSettings& settings);

  bool Hungry() override;
  Result<bool> Push(std::span<const float> frame) override;
  void Finish() override { port_.Finish(); }
  double waiting() const override { return waiting_; }
  double resampler_delay() const override { return resampler_->delay(); }
  double drift_ppm() const override { return control_.drift_ppm(); }

 private:
  LoudspeakerSink(PlayoutPort& port, const LoudspeakerSettings& settings,
                  std::unique_ptr<VariableResampler> resampler);
  double Fill() const { return static_cast<double>(port_.ring().fill()) / settings_.rate; }
  double Trim();
  bool TooMuch();

  PlayoutPort& port_;
  LoudspeakerSettings settings_;
  std::unique_ptr<VariableResampler> resampler_;
  DriftControl control_;
  bool was_playing_ = false;
  double least_ = 1;  // seconds in the ring, of this window
  int since_ = 0;     // frames of this window
  int drop_ = 0;      // frames to drop
  double waiting_ = 0;
  std::vector<float> resampled_;
};

class ClockSink : public FrameSink {
 public:
  explicit ClockSink(double frame) : frame_(frame) {}  // seconds
  bool Hungry() override;
  Result<bool> Push(std::span<const float> frame) override;

 private:
  using Clock = std::chrono::steady_clock;
  double frame_;
  double due_ = 0;  // seconds after the start
  Clock::time_point start_ = Clock::now();
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_SINKS_H_
