// Microphones and loudspeakers (PortAudio).
#ifndef QUAVER_CODEC_DEVICE_AUDIO_DEVICE_H_
#define QUAVER_CODEC_DEVICE_AUDIO_DEVICE_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/device/device_ports.h"
#include "codec/status.h"

namespace quaver {

enum class Direction { kInput, kOutput };

struct AudioDevice {
  int number = 0;  // as PortAudio counts: what --list-devices prints
  std::string name;
  std::string host;  // "ALSA", "JACK Audio Connection Kit", ...
  int inputs = 0;    // channels
  int outputs = 0;
  double default_rate = 0;  // Hz
  bool default_input = false;
  bool default_output = false;
};

// The device that `text` means: its number, its name, or a part of its name that no other usable device has,
// upper and lower case alike; empty means the default one. Errors name what there is to choose from.
Result<AudioDevice> FindDevice(std::span<const AudioDevice> devices, const std::string& text,
                               Direction direction);

// How to recognise a device that was unplugged and has come back, perhaps with another number: by its name
// and, because two microphones of the same make share one, by its position among the devices of that name.
struct KnownDevice {
  std::string name;
  std::string host;
  size_t namesakes = 1;  // devices with this name, including itself
  size_t position = 0;   // 0 .. namesakes - 1, in the order of their numbers
};
KnownDevice RememberDevice(std::span<const AudioDevice> devices, const AudioDevice& device,
                           Direction direction);
// An error as long as the device or one of its namesakes is missing: until all of them are back, nothing
// tells them apart.
Result<AudioDevice> FindAgain(std::span<const AudioDevice> devices, const KnownDevice& known,
                              Direction direction);

// The rates in Hz to try in turn: `wanted` (0: none), then 48000, 44100 and 16000, then the device's own.
std::vector<int> RatesToTry(int wanted, const AudioDevice& device);

// One open device. Its callback runs on a thread of PortAudio's from Start() to the end of the object.
class AudioStream {
 public:
  ~AudioStream();
  AudioStream(const AudioStream&) = delete;
  AudioStream& operator=(const AudioStream&) = delete;

  Status Start();
  // Does the callback still run? A device that was pulled out stops it.
  bool active() const;
  double latency() const;  // seconds, as PortAudio reports it for the open stream

 private:
  friend class AudioSystem;
  explicit AudioStream(std::string name) : name_(std::move(name)) {}
  std::string name_;
  void* stream_ = nullptr;  // PaStream
};

// PortAudio between its initialisation and its end. One at a time in a process; calls from one thread.
class AudioSystem {
 public:
  // Looks for devices: those that come later are found by the next AudioSystem only.
  static Result<std::unique_ptr<AudioSystem>> Start();
  ~AudioSystem();
  AudioSystem(const AudioSystem&) = delete;
  AudioSystem& operator=(const AudioSystem&) = delete;

  const std::vector<AudioDevice>& devices() const { return devices_; }

  // The first rate of RatesToTry() that the device offers for one channel of floats. Errors (in use, gone)
  // carry PortAudio's text.
  Result<int> ChooseRate(const AudioDevice& device, Direction direction, int wanted) const;

  // Opens one channel at `rate` with about `latency` seconds (0: the device's default) in the device; the
  // port has to outlive the stream.
  Result<std::unique_ptr<AudioStream>> OpenCapture(const AudioDevice& device, int rate, double latency,
                                                   CapturePort& port) const;
  Result<std::unique_ptr<AudioStream>> OpenPlayout(const AudioDevice& device, int rate, double latency,
                                                   PlayoutPort& port) const;

 private:
  AudioSystem() = default;
  std::vector<AudioDevice> devices_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_DEVICE_AUDIO_DEVICE_H_
