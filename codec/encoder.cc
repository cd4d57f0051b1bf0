#include <algorithm>
#include <climits>
#include <cstring>
#include <utility>

#include "codec/codec.h"
#include "codec/state_head.h"
#include "codec/streams.h"

namespace quaver {
namespace {

// Writes and reads the pieces of a stream's state one after the other.
void Put(std::byte*& at, const void* from, size_t size) {
  std::memcpy(at, from, size);
  at += size;
}

void Get(const std::byte*& at, void* to, size_t size) {
  std::memcpy(to, at, size);
  at += size;
}

}  // namespace

Encoder::Encoder(std::shared_ptr<const Model> model, int block_frames)
    : impl_(model == nullptr
                ? nullptr
                : std::make_unique<Impl>(std::move(model), std::clamp(block_frames, 1, kMaxBlockFrames))) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

int Encoder::Encode(std::span<const float> samples, int n_q, std::span<uint16_t> tokens) noexcept {
  if (impl_ == nullptr) return -1;
  const size_t frames = impl_->FramesAfter(samples.size());
  if (n_q < 0 || n_q > impl_->model->groups() || frames > INT_MAX) return -1;
  if (n_q > 0 && tokens.size() / static_cast<size_t>(n_q) < frames) return -1;
  uint16_t* out = tokens.data();
  while (!samples.empty()) {
    samples = samples.subspan(impl_->Fill(samples));
    const int done = impl_->Drain(n_q, out);
    if (n_q > 0) out += static_cast<size_t>(done) * n_q;
  }
  return static_cast<int>(frames);
}

int Encoder::FramesAfter(size_t samples) const noexcept {
  if (impl_ == nullptr) return 0;
  return static_cast<int>(std::min<size_t>(impl_->FramesAfter(samples), INT_MAX));
}

const Model& Encoder::model() const noexcept { return *impl_->model; }

void Encoder::Reset() noexcept {
  if (impl_ == nullptr) return;
  std::fill_n(impl_->state.data(), impl_->state.size(), 0.0f);
  impl_->pending = 0;
}

size_t Encoder::memory() const noexcept {
  if (impl_ == nullptr) return 0;
  const Impl& it = *impl_;
  return (it.state.size() + it.block.size() + it.latents.size() + it.scratch.size()) * sizeof(float);
}

size_t Encoder::state_size() const noexcept {
  if (impl_ == nullptr) return 0;
  return internal::kStateHeadBytes + sizeof(uint32_t) + (impl_->frame + impl_->state.size()) * sizeof(float);
}

bool Encoder::Save(std::span<std::byte> state) const noexcept {
  if (impl_ == nullptr || state.size() != state_size()) return false;
  const auto pending = static_cast<uint32_t>(impl_->pending);
  const size_t used = pending * sizeof(float);
  const size_t unused = impl_->frame * sizeof(float) - used;
  std::byte* at = state.data() + internal::kStateHeadBytes;
  Put(at, &pending, sizeof(pending));
  Put(at, impl_->block.data(), used);
  std::memset(at, 0, unused);  // so that equal streams give equal bytes
  at += unused;
  Put(at, impl_->state.data(), impl_->state.size() * sizeof(float));
  internal::PutStateHead(internal::StateOf::kEncoder, model().identity(), state);
  return true;
}

bool Encoder::Restore(std::span<const std::byte> state) noexcept {
  if (impl_ == nullptr || state.size() != state_size()) return false;
  const auto fault = internal::CheckStateHead(internal::StateOf::kEncoder, model().identity(), state);
  if (fault != internal::StateFault::kNone) return false;
  uint32_t pending = 0;
  const std::byte* at = state.data() + internal::kStateHeadBytes;
  Get(at, &pending, sizeof(pending));
  if (pending >= impl_->frame) return false;
  impl_->pending = pending;
  Get(at, impl_->block.data(), impl_->frame * sizeof(float));
  Get(at, impl_->state.data(), impl_->state.size() * sizeof(float));
  return true;
}

}  // namespace quaver
