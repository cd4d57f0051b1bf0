#include "codec/container/playback.h"

#include <algorithm>
#include <utility>

namespace quaver {

Playback::Playback(int model_rate, int rate, std::unique_ptr<SoundWriter> writer,
                   std::unique_ptr<Resampler> resampler)
    : model_rate_(static_cast<uint64_t>(model_rate)),
      rate_(static_cast<uint64_t>(rate)),
      writer_(std::move(writer)),
      resampler_(std::move(resampler)) {}

Result<Playback> Playback::Create(int model_rate, int rate, std::unique_ptr<SoundWriter> writer) {
  auto resampler = Resampler::Create(model_rate, rate);
  if (!resampler.ok()) return resampler.error();
  return Playback(model_rate, rate, std::move(writer), std::move(resampler).value());
}

Status Playback::Write(std::span<const float> samples) {
  taken_ += samples.size();
  const Status status = resampler_->Process(samples, resampled_);
  return status.ok() ? Emit() : status;
}

Status Playback::Emit() {
  const uint64_t room = length_ - std::min(length_, written_);
  const size_t count = static_cast<size_t>(std::min<uint64_t>(room, resampled_.size()));
  const Status status = writer_->Write(std::span(resampled_).first(count));
  written_ += count;
  resampled_.clear();
  return status;
}

uint64_t Playback::Missing() const {
  if (length_ == kUnknown) return 0;
  const uint64_t needed = (length_ * model_rate_ + rate_ - 1) / rate_;
  return needed - std::min(needed, taken_);
}

Status Playback::Finish() {
  Status status = resampler_->Flush(resampled_);
  if (status.ok()) status = Emit();
  if (status.ok() && length_ != kUnknown && written_ < length_) {  // rounding, or nothing to conceal with
    resampled_.assign(static_cast<size_t>(length_ - written_), 0.0f);
    status = Emit();
  }
  return status.ok() ? writer_->Commit() : status;
}

}  // namespace quaver
