// The whole model for streaming: packed weights, layers in order, the bottleneck, the layout of a stream's
// state.
#ifndef QUAVER_CODEC_RUNTIME_NETWORK_PLAN_H_
#define QUAVER_CODEC_RUNTIME_NETWORK_PLAN_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "codec/model/weights.h"
#include "codec/runtime/arena.h"
#include "codec/runtime/bottleneck.h"
#include "codec/runtime/layers.h"

namespace quaver::internal {

inline constexpr int kBlockFrames = 28;  // the most frames that run at once, of one stream or of many

// Layers one after the other.
class Chain {
 public:
  Chain(const std::vector<LayerSpec>& specs, const WeightsView& weights, Arena& arena);

  size_t state_size() const { return state_size_; }  // floats
  int in_stride() const { return layers_.front()->in_stride(); }
  int out_stride() const { return layers_.back()->out_stride(); }
  int OutSteps(int steps) const;
  size_t ScratchSize(int streams, int steps) const;  // floats, for calls of up to so many

  // in [streams, steps, in_stride] -> out [streams, OutSteps(steps), out_stride]. Allocates nothing. Each
  // state has state_size() floats, `scratch` has ScratchSize.
  void Run(const float* in, int steps, float* out, States states, float* scratch) const;

 private:
  // Floats of the largest array between two layers.
  size_t ActivationSize(int streams, int steps) const;

  std::vector<std::unique_ptr<const Layer>> layers_;
  size_t state_size_ = 0;
};

class NetworkPlan {
 public:
  explicit NetworkPlan(const WeightsView& weights);

  // Samples [2 * frames hops] -> latents [frames, Padded(latents)]; steps are hops.
  const Chain& encoder() const { return encoder_; }
  // Latents <-> tokens.
  const Bottleneck& bottleneck() const { return *bottleneck_; }
  // What the bottleneck gives [frames, Padded(latents)] -> samples; steps are frames.
  const Chain& decoder() const { return decoder_; }
  size_t matrix_bytes() const { return arena_.size(); }  // of the packed matrices

 private:
  Arena arena_;
  Chain encoder_;
  Chain decoder_;
  std::unique_ptr<const Bottleneck> bottleneck_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_NETWORK_PLAN_H_
