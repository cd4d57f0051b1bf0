// What Encoder and Decoder are made of; codec.cc's classes and Batch share it.
#ifndef QUAVER_CODEC_STREAMS_H_
#define QUAVER_CODEC_STREAMS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "codec/codec.h"
#include "codec/concealment.h"
#include "codec/model_access.h"
#include "codec/runtime/bottleneck.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/network_plan.h"
#include "codec/samples.h"

namespace quaver {
namespace internal {

static_assert(kMaxBlockFrames == kBlockFrames);

// Only weights or a restored state that are not finite can make such samples; the network forgets them in
// time.
inline void SilenceWhatIsNotFinite(float* samples, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(samples[i])) samples[i] = 0.0f;
  }
}

}  // namespace internal

// The state of the stream is `state`, `pending` and the first `pending` samples of `block`; the rest is
// scratch.
struct Encoder::Impl {
  Impl(std::shared_ptr<const Model> shared, int block_frames)
      : model(std::move(shared)),
        chain(internal::ModelAccess::plan(*model).encoder()),
        bottleneck(internal::ModelAccess::plan(*model).bottleneck()),
        frame(model->frame()),
        state(chain.state_size()),
        block(static_cast<size_t>(block_frames) * frame),
        latents(static_cast<size_t>(block_frames) * chain.out_stride()),
        scratch(chain.ScratchSize(1, 2 * block_frames)) {}

  size_t FramesAfter(size_t samples) const { return samples / frame + (pending + samples % frame) / frame; }

  // Moves samples into the block until it is full; returns how many.
  size_t Fill(std::span<const float> samples) {
    const size_t count = std::min(samples.size(), block.size() - pending);
    std::transform(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count),
                   block.data() + pending, ClampSample);
    pending += count;
    return count;
  }

  // The next frame of the stream: what is pending and the start of `samples` [frame]; the rest is pending
  // then.
  void TakeFrame(const float* samples, float* out) {
    const size_t missing = frame - pending;
    std::copy_n(block.data(), pending, out);
    std::transform(samples, samples + missing, out + pending, ClampSample);
    std::transform(samples + missing, samples + frame, block.data(), ClampSample);
  }

  // Encodes the whole frames of the block and moves the rest to its start; returns the frames.
  int Drain(int n_q, uint16_t* tokens) {
    const int frames = static_cast<int>(pending / frame);
    if (frames == 0) return 0;
    float* states[] = {state.data()};
    chain.Run(block.data(), 2 * frames, latents.data(), {states, 1}, scratch.data());
    bottleneck.Quantise(latents.data(), frames, n_q, tokens);
    const size_t used = frames * frame;
    std::copy(block.data() + used, block.data() + pending, block.data());
    pending -= used;
    return frames;
  }

  std::shared_ptr<const Model> model;
  const internal::Chain& chain;
  const internal::Bottleneck& bottleneck;
  size_t frame;
  internal::Buffer state;
  size_t pending = 0;
  internal::Buffer block;
  internal::Buffer latents;
  internal::Buffer scratch;
  bool marked = false;  // by a Batch, while it looks for streams that it was given twice
};

// The state of the stream is `state`: that of the network, and then how many frames are missing in a row.
struct Decoder::Impl {
  Impl(std::shared_ptr<const Model> shared, int block)
      : model(std::move(shared)),
        chain(internal::ModelAccess::plan(*model).decoder()),
        bottleneck(internal::ModelAccess::plan(*model).bottleneck()),
        block_frames(static_cast<size_t>(block)),
        frame(model->frame()),
        state(chain.state_size() + 1),
        latents(block_frames * chain.in_stride()),
        scratch(chain.ScratchSize(1, block)) {}

  bool Valid(std::span<const uint16_t> tokens) const {
    return std::ranges::all_of(tokens, [this](uint16_t token) { return token < bottleneck.codes(); });
  }

  void Run(const uint16_t* tokens, int frames, int n_q, float* samples) {
    bottleneck.Dequantise(tokens, frames, n_q, latents.data());
    float* states[] = {state.data()};
    chain.Run(latents.data(), frames, samples, {states, 1}, scratch.data());
    internal::SilenceWhatIsNotFinite(samples, frames * frame);
    for (int f = 0; f < frames; ++f) missing().Follow(n_q, samples + static_cast<size_t>(f) * frame, frame);
  }

  internal::MissingFrames missing() { return internal::MissingFrames(state.data()[state.size() - 1]); }

  std::shared_ptr<const Model> model;
  const internal::Chain& chain;
  const internal::Bottleneck& bottleneck;
  size_t block_frames;
  size_t frame;
  internal::Buffer state;
  internal::Buffer latents;
  internal::Buffer scratch;
  bool marked = false;  // by a Batch, while it looks for streams that it was given twice
};

}  // namespace quaver

#endif  // QUAVER_CODEC_STREAMS_H_
