#include "apps/live/sinks.h"

#include <utility>

namespace quaver {
namespace {

constexpr double kTooMuch =
    0.08;                    // seconds beyond the reserve: what is more only adds latency, and is dropped
constexpr double kRoom = 1;  // seconds

}  // namespace

std::unique_ptr<PlayoutPort> LoudspeakerSink::MakePort(const LoudspeakerSettings& settings) {
  const auto samples = [&](double seconds) { return static_cast<size_t>(seconds * settings.rate); };
  return std::make_unique<PlayoutPort>(samples(kRoom + settings.reserve),
                                       samples(settings.reserve + settings.frame));
}

LoudspeakerSink::LoudspeakerSink(PlayoutPort& port, const LoudspeakerSettings& settings,
                                 std::unique_ptr<VariableResampler> resampler)
    : port_(port),
      settings_(settings),
      resampler_(std::move(resampler)),
      control_(settings.reserve, settings.frame) {}

Result<std::unique_ptr<LoudspeakerSink>> LoudspeakerSink::Create(PlayoutPort& port,
                                                                 const LoudspeakerSettings& settings) {
  auto resampler = VariableResampler::Create(settings.model_rate, settings.rate);
  if (!resampler.ok()) return resampler.error();
  return std::unique_ptr<LoudspeakerSink>(new LoudspeakerSink(port, settings, std::move(resampler).value()));
}

bool LoudspeakerSink::Hungry() {
  return Fill() < settings_.reserve + (port_.playing() ? 0 : settings_.frame);
}

// The length of what comes next; while the loudspeaker waits for the ring to fill there is nothing to steer
// by.
double LoudspeakerSink::Trim() {
  const bool playing = port_.playing();
  if (playing && !was_playing_) control_.Restart();
  was_playing_ = playing;
  return playing && settings_.steered ? control_.Update(waiting_) : 1;
}

// Once there is too much, frames are dropped down to the reserve: one jump in the sound, and the latency is
// what it was. The controller would take minutes.
bool LoudspeakerSink::TooMuch() {
  if (waiting_ > settings_.reserve + kTooMuch) dropping_ = true;
  if (dropping_ && waiting_ > settings_.reserve) return true;
  if (dropping_) control_.Restart();
  dropping_ = false;
  return false;
}

Result<bool> LoudspeakerSink::Push(std::span<const float> frame) {
  waiting_ = Fill();
  if (TooMuch()) return false;
  resampled_.clear();
  if (Status status = resampler_->Process(frame, Trim(), resampled_); !status.ok()) return status.error();
  return port_.ring().Write(resampled_) == resampled_.size();
}

bool ClockSink::Hungry() { return std::chrono::duration<double>(Clock::now() - start_).count() >= due_; }

Result<bool> ClockSink::Push(std::span<const float>) {
  due_ += frame_;
  return true;
}

}  // namespace quaver
