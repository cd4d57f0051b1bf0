#include "apps/live/sinks.h"

#include <algorithm>
#include <utility>

namespace quaver {
namespace {

constexpr double kTooMuch =
    0.08;  // seconds beyond the reserve: what is more only adds latency, and is dropped
constexpr double kSpare =
    0.03;                      // seconds beyond the reserve that are dropped if they were there all the time
constexpr double kWindow = 1;  // seconds: all the time
constexpr double kRoom = 1;    // seconds

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

// What was not needed for a second is dropped: one jump in the sound, and the latency is what it was; the
// controller would take minutes. Where the input comes in bursts the ring runs low between them, and nothing
// is dropped.
bool LoudspeakerSink::TooMuch() {
  if (waiting_ > settings_.reserve + kTooMuch) return true;
  least_ = std::min(least_, waiting_);
  if (++since_ >= kWindow / settings_.frame) {
    const double spare = least_ - settings_.reserve;
    if (spare > kSpare) drop_ = static_cast<int>(spare / settings_.frame);
    least_ = kRoom;
    since_ = 0;
  }
  if (drop_ == 0) return false;
  if (--drop_ == 0) control_.Restart();
  return true;
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
