// The open devices of a session, with the rings and resamplers between them and the codec.
#ifndef QUAVER_APPS_LIVE_DEVICE_LINK_H_
#define QUAVER_APPS_LIVE_DEVICE_LINK_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "apps/live/live_report.h"
#include "apps/live/sinks.h"
#include "apps/live/sources.h"
#include "codec/codec.h"
#include "codec/device/audio_device.h"
#include "codec/status.h"

namespace quaver {

struct LinkOptions {
  bool microphone = true;   // else a file takes its place
  bool loudspeaker = true;  // else the sound goes nowhere
  std::string input;        // number, name or part of a name; empty: the default device
  std::string output;
  std::optional<KnownDevice> known_input;  // takes precedence over `input`: reopens a device
  std::optional<KnownDevice> known_output;
  int rate = 0;        // Hz to try first, 0: none in particular
  double reserve = 0;  // seconds in the output's ring when a frame comes
  double latency = 0;  // seconds asked of the devices, 0: their own default
};

class DeviceLink {
 public:
  static Result<std::unique_ptr<DeviceLink>> Open(const LinkOptions& options, const Model& model);
  ~DeviceLink();

  Status Start();
  // A device has stopped calling back: it was pulled out, or its server ended.
  bool Vanished();
  // Has the loudspeaker played all that was written?
  bool Drained() const;

  FrameSource* microphone() { return microphone_.get(); }  // null without one
  FrameSink& sink() { return *sink_; }
  const std::string& input_name() const { return input_name_; }  // empty without one
  const std::string& output_name() const { return output_name_; }
  const std::optional<KnownDevice>& known_input() const { return known_input_; }  // for reopening
  const std::optional<KnownDevice>& known_output() const { return known_output_; }
  const std::string& note() const { return note_; }  // on a rate that is not the one asked for, or empty
  // Adds what the ports have counted, and sets names and latencies.
  void AddFigures(DeviceFigures& figures) const;

 private:
  DeviceLink() = default;
  Status OpenMicrophone(const LinkOptions& options, const Model& model);
  Status OpenLoudspeaker(const LinkOptions& options, const Model& model);
  void NoteRate(const LinkOptions& options, const AudioDevice& device, int rate);

  // A device and when it last called back.
  struct Pulse {
    uint64_t blocks = 0;
    std::chrono::steady_clock::time_point seen = std::chrono::steady_clock::now();
  };
  static bool Stopped(const AudioStream* stream, const PortCounters& counters, Pulse& pulse);

  // Streams end before what their callbacks use, PortAudio after its streams.
  std::unique_ptr<AudioSystem> system_;
  std::unique_ptr<CapturePort> capture_;
  std::unique_ptr<PlayoutPort> playout_;
  std::unique_ptr<FrameSource> microphone_;
  std::unique_ptr<FrameSink> sink_;
  std::unique_ptr<AudioStream> input_;
  std::unique_ptr<AudioStream> output_;
  Pulse input_pulse_;
  Pulse output_pulse_;
  std::string input_name_;
  std::string output_name_;
  std::optional<KnownDevice> known_input_;
  std::optional<KnownDevice> known_output_;
  std::string note_;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_DEVICE_LINK_H_
