#include "codec/runtime/network_plan.h"

#include <algorithm>

#include "codec/model/layers.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {

namespace {

std::vector<float> Codebook(const WeightsView& weights) {
  const auto found = weights.tensors.find(kCodebook);
  return found == weights.tensors.end() ? std::vector<float>() : Promote(found->second);
}

}  // namespace

Chain::Chain(const std::vector<LayerSpec>& specs, const WeightsView& weights, Arena& arena) {
  for (const LayerSpec& spec : specs) {
    layers_.push_back(MakeLayer(spec, weights, arena));
    state_size_ += static_cast<size_t>(layers_.back()->state_size());
  }
}

int Chain::OutSteps(int steps) const {
  for (const auto& layer : layers_) steps = layer->OutSteps(steps);
  return steps;
}

size_t Chain::ActivationSize(int streams, int steps) const {
  size_t size = 0;
  for (const auto& layer : layers_) {
    steps = layer->OutSteps(steps);
    size = std::max(size, static_cast<size_t>(streams) * static_cast<size_t>(steps) * layer->out_stride());
  }
  return size;
}

size_t Chain::ScratchSize(int streams, int steps) const {
  const size_t activations = 2 * ActivationSize(streams, steps);
  size_t largest = 0;
  for (const auto& layer : layers_) {
    largest = std::max(largest, layer->ScratchSize(streams, steps));
    steps = layer->OutSteps(steps);
  }
  return activations + largest;
}

void Chain::Run(const float* in, int steps, float* out, States states, float* scratch) const {
  const size_t activations = ActivationSize(states.count(), steps);
  float* buffers[2] = {scratch, scratch + activations};
  const float* x = in;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = *layers_[i];
    float* y = i + 1 == layers_.size() ? out : buffers[i % 2];
    layer.Forward(x, steps, y, states, scratch + 2 * activations);
    states = states.After(layer.state_size());
    steps = layer.OutSteps(steps);
    x = y;
  }
}

NetworkPlan::NetworkPlan(const WeightsView& weights)
    : encoder_(BuildNetwork(weights.config).encoder, weights, arena_),
      decoder_(BuildNetwork(weights.config).decoder, weights, arena_),
      bottleneck_(MakeBottleneck(weights.config.bottleneck, Codebook(weights))) {
  ChooseTarget();  // now, not in the first call of an audio thread
}

}  // namespace quaver::internal
