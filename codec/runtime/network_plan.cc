#include "codec/runtime/network_plan.h"

#include <algorithm>

#include "codec/model/layers.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {
namespace {

// Weights need not come from a file, so their configuration is held to the same rules as one that does.
Status CheckConfig(Config config) {
  if (config.bottleneck.type != "fsp") return Error{"weights: the bottleneck's type is not known"};
  config.name = "any";
  const auto parsed = ParseConfig(CanonicalJson(config));
  if (!parsed.ok()) return Error{"weights: " + parsed.message()};
  return Status();
}

}  // namespace

Chain::Chain(const std::vector<LayerSpec>& specs, const Weights& weights) {
  for (const LayerSpec& spec : specs) {
    layers_.push_back(MakeLayer(spec, weights));
    state_size_ += layers_.back()->state_size();
  }
}

int Chain::OutSteps(int steps) const {
  for (const auto& layer : layers_) steps = layer->OutSteps(steps);
  return steps;
}

size_t Chain::ActivationSize(int steps) const {
  size_t size = 0;
  for (const auto& layer : layers_) {
    steps = layer->OutSteps(steps);
    size = std::max(size, static_cast<size_t>(steps) * layer->out_stride());
  }
  return size;
}

size_t Chain::ScratchSize(int steps) const {
  const size_t activations = 2 * ActivationSize(steps);
  size_t largest = 0;
  for (const auto& layer : layers_) {
    largest = std::max(largest, layer->ScratchSize(steps));
    steps = layer->OutSteps(steps);
  }
  return activations + largest;
}

void Chain::Run(const float* in, int steps, float* out, float* state, float* scratch) const {
  const size_t activations = ActivationSize(steps);
  float* buffers[2] = {scratch, scratch + activations};
  const float* x = in;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = *layers_[i];
    float* y = i + 1 == layers_.size() ? out : buffers[i % 2];
    layer.Forward(x, steps, y, state, scratch + 2 * activations);
    state += layer.state_size();
    steps = layer.OutSteps(steps);
    x = y;
  }
}

NetworkPlan::NetworkPlan(const Weights& weights)
    : encoder_(BuildNetwork(weights.config).encoder, weights),
      decoder_(BuildNetwork(weights.config).decoder, weights) {}

Result<std::unique_ptr<const NetworkPlan>> NetworkPlan::Create(const Weights& weights) {
  const Status config = CheckConfig(weights.config);
  if (!config.ok()) return config.error();
  const Status tensors = CheckTensors(weights);
  if (!tensors.ok()) return tensors.error();
  ChooseTarget();  // now, not in the first call of an audio thread
  return std::unique_ptr<const NetworkPlan>(new NetworkPlan(weights));
}

}  // namespace quaver::internal
