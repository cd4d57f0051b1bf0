#include "codec/model/layers.h"

#include <utility>

namespace quaver {
namespace {

LayerSpec Conv(std::string name, int in, int out, int kernel, int stride = 1) {
  return {LayerKind::kConv, std::move(name), in, out, kernel, stride, 0};
}

void AddBlocks(std::vector<LayerSpec>& layers, const std::string& name, const StageConfig& stage,
               const Config& config) {
  for (int i = 0; i < stage.blocks; ++i) {
    layers.push_back({LayerKind::kBlock, name + "." + std::to_string(i), stage.channels, stage.channels,
                      config.block_kernel, 1, stage.channels * config.expansion});
  }
}

double StepsPerSecond(const Config& config, bool hops) {
  return static_cast<double>(config.sample_rate) / (hops ? config.hop : config.frame());
}

int64_t CountOf(const TensorSpec& tensor) {
  int64_t count = 1;
  for (const int64_t size : tensor.shape) count *= size;
  return count;
}

// Multiply-accumulates of one output step.
double MacsPerStep(const LayerSpec& layer, const Config& config) {
  const double in = layer.in;
  const double out = layer.out;
  switch (layer.kind) {
    case LayerKind::kStft:
      return 2.0 * config.window * config.bins();
    case LayerKind::kConv:
      return in * out * layer.kernel;
    case LayerKind::kBlock:
      return in * layer.kernel + 2.0 * in * layer.hidden;
    case LayerKind::kUpsample:
      return in * out;
    case LayerKind::kIstft:
      return 2.0 * config.synthesis_bins() * (in + config.synthesis_window());
  }
  return 0;
}

void AppendTensors(std::vector<TensorSpec>& tensors, const LayerSpec& layer, const Config& config) {
  const auto matrix = [&](const std::string& prefix, int64_t out, int64_t kernel, int64_t in) {
    tensors.push_back({prefix + "weight", {out, kernel, in}, true});
    tensors.push_back({prefix + "bias", {out}, false});
  };
  const auto vector = [&](const std::string& suffix) {
    tensors.push_back({layer.name + suffix, {layer.in}, false});
  };
  switch (layer.kind) {
    case LayerKind::kStft:
      break;
    case LayerKind::kConv:
      matrix(layer.name + ".", layer.out, layer.kernel, layer.in);
      break;
    case LayerKind::kBlock:
      tensors.push_back({layer.name + ".dw.weight", {layer.kernel, layer.in}, false});
      vector(".dw.bias");
      vector(".norm.weight");
      vector(".norm.bias");
      matrix(layer.name + ".up.", layer.hidden, 1, layer.in);
      matrix(layer.name + ".down.", layer.in, 1, layer.hidden);
      vector(".scale");
      break;
    case LayerKind::kUpsample:
      matrix(layer.name + ".", 2 * int64_t{layer.out}, 1, layer.in);
      break;
    case LayerKind::kIstft:
      matrix(layer.name + ".", 2 * int64_t{config.synthesis_bins()}, 1, layer.in);
      break;
  }
}

}  // namespace

Network BuildNetwork(const Config& config) {
  Network network;
  const int latents = config.bottleneck.latents();

  auto& encoder = network.encoder;
  const int features = 3 * config.bins();
  encoder.push_back({LayerKind::kStft, "encoder.stft", 1, features, config.window, 1, 0});
  encoder.push_back(Conv("encoder.in", features, config.encoder_hops.channels, config.conv_kernel));
  AddBlocks(encoder, "encoder.hops", config.encoder_hops, config);
  encoder.push_back(Conv("encoder.down", config.encoder_hops.channels, config.encoder_frames.channels, 4, 2));
  AddBlocks(encoder, "encoder.frames", config.encoder_frames, config);
  encoder.push_back(Conv("encoder.out", config.encoder_frames.channels, latents, 1));

  auto& decoder = network.decoder;
  decoder.push_back(Conv("decoder.in", latents, config.decoder_frames.channels, config.conv_kernel));
  AddBlocks(decoder, "decoder.frames", config.decoder_frames, config);
  decoder.push_back({LayerKind::kUpsample, "decoder.up", config.decoder_frames.channels,
                     config.decoder_hops.channels, 1, 1, 0});
  AddBlocks(decoder, "decoder.hops", config.decoder_hops, config);
  decoder.push_back({LayerKind::kIstft, "decoder.istft", config.decoder_hops.channels, 1, 1, 1, 0});
  return network;
}

std::vector<TensorSpec> ListTensors(const Config& config) {
  const Network network = BuildNetwork(config);
  std::vector<TensorSpec> tensors;
  for (const LayerSpec& layer : network.encoder) AppendTensors(tensors, layer, config);
  for (const LayerSpec& layer : network.decoder) AppendTensors(tensors, layer, config);
  return tensors;
}

std::vector<TensorSpec> ListBottleneckTensors(const Config& config) {
  const BottleneckConfig& bottleneck = config.bottleneck;
  if (bottleneck.type != "vp") return {};
  return {{kCodebook, {bottleneck.groups, bottleneck.codes(), bottleneck.dims()}, false}};
}

NetworkCost CountCost(const Config& config) {
  NetworkCost cost;
  for (const TensorSpec& tensor : ListTensors(config)) cost.parameters += CountOf(tensor);
  for (const TensorSpec& tensor : ListBottleneckTensors(config)) {  // every value is met once a frame
    cost.parameters += CountOf(tensor);
    cost.macs_per_second += StepsPerSecond(config, false) * static_cast<double>(CountOf(tensor));
  }
  const Network network = BuildNetwork(config);
  bool hops = true;
  for (const LayerSpec& layer : network.encoder) {
    if (layer.stride == 2) hops = false;
    cost.macs_per_second += StepsPerSecond(config, hops) * MacsPerStep(layer, config);
  }
  hops = false;
  for (const LayerSpec& layer : network.decoder) {
    if (layer.kind == LayerKind::kUpsample) hops = true;
    cost.macs_per_second += StepsPerSecond(config, hops) * MacsPerStep(layer, config);
  }
  return cost;
}

}  // namespace quaver
