#include "apps/live/sources.h"

#include <algorithm>
#include <utility>

namespace quaver {
namespace {

constexpr size_t kFileBlock = 4096;  // samples

// Moves the first samples of `pending` into `frame`.
void Give(std::vector<float>& pending, std::span<float> frame) {
  const auto end = pending.begin() + static_cast<std::ptrdiff_t>(frame.size());
  std::copy(pending.begin(), end, frame.begin());
  pending.erase(pending.begin(), end);
}

}  // namespace

MicrophoneSource::MicrophoneSource(CapturePort& port, double rate, double model_rate,
                                   std::unique_ptr<VariableResampler> resampler)
    : port_(port),
      rate_(rate),
      model_rate_(model_rate),
      resampler_(std::move(resampler)),
      block_(static_cast<size_t>(rate / 100)) {}

Result<std::unique_ptr<MicrophoneSource>> MicrophoneSource::Create(CapturePort& port, double rate,
                                                                   double model_rate) {
  auto resampler = VariableResampler::Create(rate, model_rate);
  if (!resampler.ok()) return resampler.error();
  return std::unique_ptr<MicrophoneSource>(
      new MicrophoneSource(port, rate, model_rate, std::move(resampler).value()));
}

Result<Got> MicrophoneSource::Next(std::span<float> frame) {
  while (pending_.size() < frame.size()) {
    const size_t count = port_.ring().Read(block_);
    if (count == 0) return Got::kNothing;
    const Status status = resampler_->Process(std::span(block_).first(count), 1, pending_);
    if (!status.ok()) return status.error();
  }
  Give(pending_, frame);
  return Got::kFrame;
}

double MicrophoneSource::waiting() const {
  return static_cast<double>(port_.ring().fill()) / rate_ +
         static_cast<double>(pending_.size()) / model_rate_;
}

FileSource::FileSource(std::unique_ptr<SoundReader> sound, std::unique_ptr<Resampler> resampler, size_t tail)
    : sound_(std::move(sound)), resampler_(std::move(resampler)), tail_(tail), block_(kFileBlock) {}

Result<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path, double model_rate,
                                                     size_t tail) {
  auto sound = SoundReader::Open(path);
  if (!sound.ok()) return sound.error();
  auto resampler = Resampler::Create(sound.value()->sample_rate(), model_rate);
  if (!resampler.ok()) return Error{path + ": " + resampler.message()};
  return std::unique_ptr<FileSource>(
      new FileSource(std::move(sound).value(), std::move(resampler).value(), tail));
}

Status FileSource::Read() {
  const auto count = sound_->ReadMono(block_);
  if (!count.ok()) return count.error();
  if (count.value() > 0) return resampler_->Process(std::span(block_).first(count.value()), pending_);
  ended_ = true;
  const Status status = resampler_->Flush(pending_);
  pending_.resize(pending_.size() + tail_, 0.0F);
  return status;
}

Result<Got> FileSource::Next(std::span<float> frame) {
  while (pending_.size() < frame.size() && !ended_) {
    if (Status status = Read(); !status.ok()) return status.error();
  }
  if (pending_.empty()) return Got::kEnd;
  if (pending_.size() < frame.size()) pending_.resize(frame.size(), 0.0F);
  Give(pending_, frame);
  return Got::kFrame;
}

}  // namespace quaver
