#include "codec/device/audio_device.h"

#include <portaudio.h>

#include <cstdlib>

#include "codec/device/portaudio_callbacks.h"
#include "codec/device/quiet_stderr.h"

namespace quaver {
namespace {

constexpr double kBlocksPerSecond = 100;  // a callback every 10 ms

std::string Text(PaError code) {
  const PaHostErrorInfo* host = code == paUnanticipatedHostError ? Pa_GetLastHostErrorInfo() : nullptr;
  if (host != nullptr && host->errorText != nullptr && *host->errorText != '\0') return host->errorText;
  return Pa_GetErrorText(code);
}

Error Problem(const AudioDevice& device, Direction direction, int rate, PaError code) {
  const std::string role = direction == Direction::kInput ? "microphone" : "loudspeaker";
  const std::string hint = code == paDeviceUnavailable ? " (is another program using it?)" : "";
  return Error{device.name + ": cannot be opened as " + role + " at " + std::to_string(rate) +
               " Hz: " + Text(code) + hint};
}

PaStreamParameters Parameters(const AudioDevice& device, Direction direction, double latency) {
  PaStreamParameters parameters{};
  parameters.device = device.number;
  parameters.channelCount = 1;
  parameters.sampleFormat = paFloat32;
  const PaDeviceInfo* info = Pa_GetDeviceInfo(device.number);
  if (info != nullptr) {
    parameters.suggestedLatency =
        direction == Direction::kInput ? info->defaultLowInputLatency : info->defaultLowOutputLatency;
  }
  if (latency > 0) parameters.suggestedLatency = latency;
  return parameters;
}

AudioDevice Describe(int number) {
  const PaDeviceInfo* info = Pa_GetDeviceInfo(number);
  const PaHostApiInfo* host = info == nullptr ? nullptr : Pa_GetHostApiInfo(info->hostApi);
  AudioDevice device;
  device.number = number;
  if (info == nullptr) return device;
  device.name = info->name;
  device.host = host == nullptr ? "" : host->name;
  device.inputs = info->maxInputChannels;
  device.outputs = info->maxOutputChannels;
  device.default_rate = info->defaultSampleRate;
  device.default_input = number == Pa_GetDefaultInputDevice();
  device.default_output = number == Pa_GetDefaultOutputDevice();
  return device;
}

}  // namespace

Result<std::unique_ptr<AudioSystem>> AudioSystem::Start() {
  const QuietStderr quiet;
  ::setenv("JACK_NO_START_SERVER", "1", 0);  // looking for devices must not start a server
  if (const PaError code = Pa_Initialize(); code != paNoError) {
    return Error{"PortAudio cannot be started: " + Text(code)};
  }
  std::unique_ptr<AudioSystem> system(new AudioSystem);
  for (int number = 0; number < Pa_GetDeviceCount(); ++number) system->devices_.push_back(Describe(number));
  return system;
}

AudioSystem::~AudioSystem() {
  const QuietStderr quiet;
  Pa_Terminate();
}

Result<int> AudioSystem::ChooseRate(const AudioDevice& device, Direction direction, int wanted) const {
  const QuietStderr quiet;
  const PaStreamParameters parameters = Parameters(device, direction, 0);
  const bool input = direction == Direction::kInput;
  for (const int rate : RatesToTry(wanted, device)) {
    const PaError code =
        Pa_IsFormatSupported(input ? &parameters : nullptr, input ? nullptr : &parameters, rate);
    if (code == paFormatIsSupported) return rate;
    if (code != paInvalidSampleRate) return Problem(device, direction, rate, code);
  }
  return Error{device.name + ": offers none of the rates 48000, 44100 and 16000 Hz: " +
               Pa_GetErrorText(paInvalidSampleRate)};
}

namespace {

struct OpenStream {
  const AudioDevice& device;
  Direction direction;
  int rate;
  double latency;
  PaStreamCallback* callback;
  void* port;
};

PaError Open(const OpenStream& wanted, PaStream** stream) {
  const QuietStderr quiet;
  const PaStreamParameters parameters = Parameters(wanted.device, wanted.direction, wanted.latency);
  const bool input = wanted.direction == Direction::kInput;
  const auto block = static_cast<unsigned long>(wanted.rate / kBlocksPerSecond);
  return Pa_OpenStream(stream, input ? &parameters : nullptr, input ? nullptr : &parameters, wanted.rate,
                       block, paClipOff, wanted.callback, wanted.port);
}

}  // namespace

Result<std::unique_ptr<AudioStream>> AudioSystem::OpenCapture(const AudioDevice& device, int rate,
                                                              double latency, CapturePort& port) const {
  std::unique_ptr<AudioStream> stream(new AudioStream(device.name));
  const PaError code =
      Open({device, Direction::kInput, rate, latency, CaptureCallback, &port}, &stream->stream_);
  if (code != paNoError) return Problem(device, Direction::kInput, rate, code);
  return stream;
}

Result<std::unique_ptr<AudioStream>> AudioSystem::OpenPlayout(const AudioDevice& device, int rate,
                                                              double latency, PlayoutPort& port) const {
  std::unique_ptr<AudioStream> stream(new AudioStream(device.name));
  const PaError code =
      Open({device, Direction::kOutput, rate, latency, PlayoutCallback, &port}, &stream->stream_);
  if (code != paNoError) return Problem(device, Direction::kOutput, rate, code);
  return stream;
}

Status AudioStream::Start() {
  const QuietStderr quiet;
  const PaError code = Pa_StartStream(stream_);
  if (code == paNoError) return {};
  return Error{name_ + ": cannot be started: " + Text(code)};
}

bool AudioStream::active() const { return Pa_IsStreamActive(stream_) == 1; }

double AudioStream::latency() const {
  const PaStreamInfo* info = Pa_GetStreamInfo(stream_);
  return info == nullptr ? 0 : info->inputLatency + info->outputLatency;  // one of them is 0
}

AudioStream::~AudioStream() {
  if (stream_ == nullptr) return;
  const QuietStderr quiet;
  Pa_AbortStream(stream_);  // whatever it says: the stream is over
  Pa_CloseStream(stream_);
}

}  // namespace quaver
