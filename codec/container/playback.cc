#include "codec/container/playback.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace quaver {
namespace {

constexpr uint64_t kResamplerHistory = 512;  // samples that its filters reach back to at most, with room

}  // namespace

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

uint64_t Playback::SetRange(uint64_t begin, uint64_t end) {
  begin_ = begin;
  end_ = end;
  if (begin == 0) return 0;
  uint64_t first = begin / rate_ * model_rate_ + begin % rate_ * model_rate_ / rate_;
  if (rate_ != model_rate_) {
    first -= std::min(first, kResamplerHistory * std::max<uint64_t>(1, model_rate_ / rate_));
    const uint64_t step =
        model_rate_ / std::gcd(model_rate_, rate_);  // an output sample stands at its multiples
    first -= first % step;
    position_ = first / step * (rate_ / std::gcd(model_rate_, rate_));
  } else {
    position_ = first;
  }
  taken_ = first;
  return first;
}

Status Playback::Emit() {
  const uint64_t stop = std::min(length_, end_);
  const uint64_t from = std::min<uint64_t>(begin_ - std::min(begin_, position_), resampled_.size());
  const uint64_t to = std::clamp<uint64_t>(stop - std::min(stop, position_), from, resampled_.size());
  const auto count = static_cast<size_t>(to - from);
  const Status status = writer_->Write(std::span(resampled_).subspan(static_cast<size_t>(from), count));
  position_ += resampled_.size();
  written_ += count;
  resampled_.clear();
  return status;
}

uint64_t Playback::Missing() const {
  if (length_ == kUnknown) return 0;
  const uint64_t needed = (std::min(length_, end_) * model_rate_ + rate_ - 1) / rate_;
  return needed - std::min(needed, taken_);
}

Status Playback::Finish() {
  Status status = resampler_->Flush(resampled_);
  if (status.ok()) status = Emit();
  const uint64_t stop = std::min(length_, end_);
  if (status.ok() && length_ != kUnknown && position_ < stop) {  // rounding, or nothing to conceal with
    resampled_.assign(static_cast<size_t>(stop - position_), 0.0f);
    status = Emit();
  }
  return status.ok() ? writer_->Commit() : status;
}

}  // namespace quaver
