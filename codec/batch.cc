#include "codec/batch.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/model_access.h"
#include "codec/streams.h"

namespace quaver {

using internal::Buffer;
using internal::Chain;
using internal::kBlockFrames;

struct Batch::Impl {
  explicit Impl(std::shared_ptr<const Model> shared)
      : model(std::move(shared)),
        encoder(internal::ModelAccess::plan(*model).encoder()),
        decoder(internal::ModelAccess::plan(*model).decoder()),
        bottleneck(internal::ModelAccess::plan(*model).bottleneck()),
        frame(static_cast<size_t>(model->frame())),
        groups(static_cast<size_t>(model->groups())),
        block(kBlockFrames * frame),
        latents(static_cast<size_t>(kBlockFrames) * bottleneck.stride()),
        scratch(std::max(encoder.ScratchSize(kBlockFrames, 2), decoder.ScratchSize(kBlockFrames, 1))) {}

  template <typename Stream>
  bool Fits(std::span<Stream* const> streams, size_t samples, std::span<const int> n_q, size_t tokens) const {
    const auto in_range = [&](int n) { return n >= 0 && n <= model->groups(); };
    const auto ours = [&](const Stream* stream) {
      return stream != nullptr && stream->impl_ != nullptr && stream->impl_->model.get() == model.get();
    };
    return samples == streams.size() * frame && n_q.size() == streams.size() &&
           tokens == streams.size() * groups && std::ranges::all_of(n_q, in_range) &&
           std::ranges::all_of(streams, ours) && AreDifferent(streams);
  }

  // Marks each stream while it looks for one that is marked already: no allocation, no search.
  template <typename Stream>
  static bool AreDifferent(std::span<Stream* const> streams) {
    size_t marked = 0;
    while (marked < streams.size() && !std::exchange(streams[marked]->impl_->marked, true)) ++marked;
    for (Stream* const stream : streams.first(marked)) stream->impl_->marked = false;
    return marked == streams.size();
  }

  bool AreCodes(std::span<const uint16_t> tokens, std::span<const int> n_q) const {
    for (size_t s = 0; s < n_q.size(); ++s) {
      for (const uint16_t token : tokens.subspan(s * groups, static_cast<size_t>(n_q[s]))) {
        if (token >= bottleneck.codes()) return false;
      }
    }
    return true;
  }

  // At most kBlockFrames streams.
  void EncodeBlock(std::span<Encoder* const> streams, const float* samples, const int* n_q,
                   uint16_t* tokens) {
    for (size_t s = 0; s < streams.size(); ++s) {
      Encoder::Impl& stream = *streams[s]->impl_;
      states[s] = stream.state.data();
      stream.TakeFrame(samples + s * frame, block.data() + s * frame);
    }
    const auto count = static_cast<int>(streams.size());
    encoder.Run(block.data(), 2, latents.data(), {states.data(), count}, scratch.data());
    for (size_t s = 0; s < streams.size(); ++s)
      bottleneck.Quantise(latents.data() + s * stride(), 1, n_q[s], tokens + s * groups);
  }

  void DecodeBlock(std::span<Decoder* const> streams, const uint16_t* tokens, const int* n_q,
                   float* samples) {
    for (size_t s = 0; s < streams.size(); ++s) {
      states[s] = streams[s]->impl_->state.data();
      bottleneck.Dequantise(tokens + s * groups, 1, n_q[s], latents.data() + s * stride());
    }
    const auto count = static_cast<int>(streams.size());
    decoder.Run(latents.data(), 1, samples, {states.data(), count}, scratch.data());
    internal::SilenceWhatIsNotFinite(samples, streams.size() * frame);
    for (size_t s = 0; s < streams.size(); ++s)
      streams[s]->impl_->missing().Follow(n_q[s], samples + s * frame, frame);
  }

  size_t stride() const { return static_cast<size_t>(bottleneck.stride()); }

  std::shared_ptr<const Model> model;
  const Chain& encoder;
  const Chain& decoder;
  const internal::Bottleneck& bottleneck;
  size_t frame;
  size_t groups;
  Buffer block;
  Buffer latents;
  Buffer scratch;
  std::array<float*, kBlockFrames> states{};
};

Batch::Batch(std::shared_ptr<const Model> model)
    : impl_(model == nullptr ? nullptr : std::make_unique<Impl>(std::move(model))) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

bool Batch::Encode(std::span<Encoder* const> streams, std::span<const float> samples,
                   std::span<const int> n_q, std::span<uint16_t> tokens) noexcept {
  if (impl_ == nullptr || !impl_->Fits(streams, samples.size(), n_q, tokens.size())) return false;
  for (size_t first = 0; first < streams.size(); first += kBlockFrames) {
    const size_t count = std::min<size_t>(streams.size() - first, kBlockFrames);
    impl_->EncodeBlock(streams.subspan(first, count), samples.data() + first * impl_->frame,
                       n_q.data() + first, tokens.data() + first * impl_->groups);
  }
  return true;
}

bool Batch::Decode(std::span<Decoder* const> streams, std::span<const uint16_t> tokens,
                   std::span<const int> n_q, std::span<float> samples) noexcept {
  if (impl_ == nullptr || !impl_->Fits(streams, samples.size(), n_q, tokens.size()) ||
      !impl_->AreCodes(tokens, n_q))
    return false;
  for (size_t first = 0; first < streams.size(); first += kBlockFrames) {
    const size_t count = std::min<size_t>(streams.size() - first, kBlockFrames);
    impl_->DecodeBlock(streams.subspan(first, count), tokens.data() + first * impl_->groups,
                       n_q.data() + first, samples.data() + first * impl_->frame);
  }
  return true;
}

}  // namespace quaver
