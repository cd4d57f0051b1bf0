#include "apps/live/device_link.h"

#include <utility>

#include "codec/model/config.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr double kCaptureRoom = 0.5;  // seconds: what is older when the codec wakes up is no use
constexpr auto kSilence = std::chrono::seconds(3);  // without a callback: the device is gone

double LatencyOf(const PortCounters& counters, const AudioStream& stream) {
  const float measured = counters.latency.load(std::memory_order_relaxed);
  return measured > 0 ? static_cast<double>(measured) : stream.latency();
}

}  // namespace

Result<std::unique_ptr<DeviceLink>> DeviceLink::Open(const LinkOptions& options, const Model& model) {
  std::unique_ptr<DeviceLink> link(new DeviceLink);
  if (options.microphone || options.loudspeaker) {
    auto system = AudioSystem::Start();
    if (!system.ok()) return system.error();
    link->system_ = std::move(system).value();
  }
  if (options.microphone) {
    if (Status status = link->OpenMicrophone(options, model); !status.ok()) return status.error();
  }
  if (options.loudspeaker) {
    if (Status status = link->OpenLoudspeaker(options, model); !status.ok()) return status.error();
  } else {
    link->sink_ = std::make_unique<ClockSink>(1.0 / model.frame_rate());
  }
  return link;
}

DeviceLink::~DeviceLink() {
  input_.reset();
  output_.reset();
}

void DeviceLink::NoteRate(const LinkOptions& options, const AudioDevice& device, int rate) {
  if (options.rate == 0 || options.rate == rate) return;
  note_ += device.name + Format(": does not offer %d Hz, resampled from %d Hz\n", options.rate, rate);
}

Status DeviceLink::OpenMicrophone(const LinkOptions& options, const Model& model) {
  const auto& devices = system_->devices();
  const auto device = options.known_input ? FindAgain(devices, *options.known_input, Direction::kInput)
                                          : FindDevice(devices, options.input, Direction::kInput);
  if (!device.ok()) return device.error();
  const auto rate = system_->ChooseRate(device.value(), Direction::kInput, options.rate);
  if (!rate.ok()) return rate.error();
  NoteRate(options, device.value(), rate.value());
  capture_ = std::make_unique<CapturePort>(static_cast<size_t>(kCaptureRoom * rate.value()));
  auto stream = system_->OpenCapture(device.value(), rate.value(), options.latency, *capture_);
  if (!stream.ok()) return stream.error();
  auto source = MicrophoneSource::Create(*capture_, rate.value(), model.sample_rate());
  if (!source.ok()) return source.error();
  input_ = std::move(stream).value();
  microphone_ = std::move(source).value();
  input_name_ = device.value().name;
  known_input_ =
      options.known_input ? options.known_input : RememberDevice(devices, device.value(), Direction::kInput);
  return {};
}

Status DeviceLink::OpenLoudspeaker(const LinkOptions& options, const Model& model) {
  const auto& devices = system_->devices();
  const auto device = options.known_output ? FindAgain(devices, *options.known_output, Direction::kOutput)
                                           : FindDevice(devices, options.output, Direction::kOutput);
  if (!device.ok()) return device.error();
  const auto rate = system_->ChooseRate(device.value(), Direction::kOutput, options.rate);
  if (!rate.ok()) return rate.error();
  NoteRate(options, device.value(), rate.value());
  LoudspeakerSettings settings;
  settings.rate = rate.value();
  settings.model_rate = model.sample_rate();
  settings.reserve = options.reserve;
  settings.frame = 1.0 / model.frame_rate();
  settings.steered = options.microphone;
  playout_ = LoudspeakerSink::MakePort(settings);
  auto stream = system_->OpenPlayout(device.value(), rate.value(), options.latency, *playout_);
  if (!stream.ok()) return stream.error();
  auto sink = LoudspeakerSink::Create(*playout_, settings);
  if (!sink.ok()) return sink.error();
  output_ = std::move(stream).value();
  sink_ = std::move(sink).value();
  output_name_ = device.value().name;
  known_output_ = options.known_output ? options.known_output
                                       : RememberDevice(devices, device.value(), Direction::kOutput);
  return {};
}

Status DeviceLink::Start() {
  for (AudioStream* stream : {output_.get(), input_.get()}) {
    if (stream == nullptr) continue;
    if (Status status = stream->Start(); !status.ok()) return status;
  }
  input_pulse_ = output_pulse_ = Pulse();
  return {};
}

bool DeviceLink::Stopped(const AudioStream* stream, const PortCounters& counters, Pulse& pulse) {
  const uint64_t blocks = counters.blocks.load(std::memory_order_relaxed);
  const auto now = std::chrono::steady_clock::now();
  if (blocks != pulse.blocks) pulse = {blocks, now};
  return !stream->active() || now - pulse.seen > kSilence;
}

bool DeviceLink::Vanished() {
  return (input_ != nullptr && Stopped(input_.get(), capture_->counters(), input_pulse_)) ||
         (output_ != nullptr && Stopped(output_.get(), playout_->counters(), output_pulse_));
}

bool DeviceLink::Drained() const { return playout_ == nullptr || playout_->ring().fill() == 0; }

void DeviceLink::AddFigures(DeviceFigures& figures) const {
  figures.input = input_name_;
  figures.output = output_name_;
  if (input_ != nullptr) {
    figures.overruns += capture_->overruns();
    figures.device_xruns += capture_->counters().device_xruns.load(std::memory_order_relaxed);
    figures.input_latency = LatencyOf(capture_->counters(), *input_);
  }
  if (output_ != nullptr) {
    figures.underruns += playout_->underruns();
    figures.device_xruns += playout_->counters().device_xruns.load(std::memory_order_relaxed);
    figures.output_latency = LatencyOf(playout_->counters(), *output_);
  }
}

}  // namespace quaver
