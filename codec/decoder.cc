#include <algorithm>
#include <cstring>
#include <utility>

#include "codec/codec.h"
#include "codec/state_head.h"
#include "codec/streams.h"

namespace quaver {

Decoder::Decoder(std::shared_ptr<const Model> model, int block_frames)
    : impl_(model == nullptr
                ? nullptr
                : std::make_unique<Impl>(std::move(model), std::clamp(block_frames, 1, kMaxBlockFrames))) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

bool Decoder::Decode(std::span<const uint16_t> tokens, int n_q, std::span<float> samples) noexcept {
  if (impl_ == nullptr || n_q < 0 || n_q > impl_->model->groups() || samples.size() % impl_->frame != 0)
    return false;
  const size_t frames = samples.size() / impl_->frame;
  const auto width = static_cast<size_t>(n_q);
  if (tokens.size() != frames * width || !impl_->Valid(tokens)) return false;
  for (size_t done = 0; done < frames; done += impl_->block_frames) {
    const auto count = static_cast<int>(std::min(frames - done, impl_->block_frames));
    impl_->Run(tokens.data() + done * width, count, n_q, samples.data() + done * impl_->frame);
  }
  return true;
}

bool Decoder::Conceal(std::span<float> samples) noexcept {
  return impl_ != nullptr && samples.size() == impl_->frame && Decode({}, 0, samples);
}

const Model& Decoder::model() const noexcept { return *impl_->model; }

void Decoder::Reset() noexcept {
  if (impl_ != nullptr) std::fill_n(impl_->state.data(), impl_->state.size(), 0.0f);
}

size_t Decoder::memory() const noexcept {
  if (impl_ == nullptr) return 0;
  return (impl_->state.size() + impl_->latents.size() + impl_->scratch.size()) * sizeof(float);
}

size_t Decoder::state_size() const noexcept {
  return impl_ == nullptr ? 0 : internal::kStateHeadBytes + impl_->state.size() * sizeof(float);
}

bool Decoder::Save(std::span<std::byte> state) const noexcept {
  if (impl_ == nullptr || state.size() != state_size()) return false;
  const auto values = state.subspan(internal::kStateHeadBytes);
  std::memcpy(values.data(), impl_->state.data(), values.size());
  internal::PutStateHead(internal::StateOf::kDecoder, model().identity(), state);
  return true;
}

bool Decoder::Restore(std::span<const std::byte> state) noexcept {
  if (impl_ == nullptr || state.size() != state_size()) return false;
  const auto fault = internal::CheckStateHead(internal::StateOf::kDecoder, model().identity(), state);
  if (fault != internal::StateFault::kNone) return false;
  const auto values = state.subspan(internal::kStateHeadBytes);
  std::memcpy(impl_->state.data(), values.data(), values.size());
  return true;
}

}  // namespace quaver
