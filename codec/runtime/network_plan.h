// The whole network for streaming: packed weights, layers in order, the layout of a stream's state.
#ifndef QUAVER_CODEC_RUNTIME_NETWORK_PLAN_H_
#define QUAVER_CODEC_RUNTIME_NETWORK_PLAN_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "codec/model/weights.h"
#include "codec/runtime/layers.h"
#include "codec/status.h"

namespace quaver::internal {

inline constexpr int kBlockFrames = 32;  // the most frames that run at once; sets the size of the scratch

// Layers one after the other.
class Chain {
 public:
  Chain(const std::vector<LayerSpec>& specs, const Weights& weights);

  size_t state_size() const { return state_size_; }  // floats
  int in_stride() const { return layers_.front()->in_stride(); }
  int out_stride() const { return layers_.back()->out_stride(); }
  int OutSteps(int steps) const;
  size_t ScratchSize(int steps) const;  // floats, for calls of up to `steps` input steps

  // in [steps, in_stride] -> out [OutSteps(steps), out_stride]. Allocates nothing. `scratch` of ScratchSize.
  void Run(const float* in, int steps, float* out, float* state, float* scratch) const;

 private:
  size_t ActivationSize(int steps) const;  // floats of the largest array between two layers

  std::vector<std::unique_ptr<const Layer>> layers_;
  size_t state_size_ = 0;
};

class NetworkPlan {
 public:
  // Refuses weights whose configuration or tensors do not make a network.
  static Result<std::unique_ptr<const NetworkPlan>> Create(const Weights& weights);

  // Samples [2 * frames hops] -> latents before squashing [frames, Padded(latents)]; steps are hops.
  const Chain& encoder() const { return encoder_; }
  // Latents [frames, Padded(latents)] -> samples; steps are frames.
  const Chain& decoder() const { return decoder_; }

 private:
  explicit NetworkPlan(const Weights& weights);
  Chain encoder_;
  Chain decoder_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_NETWORK_PLAN_H_
