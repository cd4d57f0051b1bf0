// A small network with seeded random weights, for tests that need a model but not a good one.
#ifndef QUAVER_TESTS_MODEL_RANDOM_WEIGHTS_H_
#define QUAVER_TESTS_MODEL_RANDOM_WEIGHTS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/bitstream/entropy_model.h"
#include "codec/model/config.h"
#include "codec/model/layers.h"
#include "codec/model/weights.h"

namespace quaver {

// Every stage with one block and a channel count of its own; some are no multiple of a vector's width.
inline Config TinyConfig() {
  Config config;
  config.name = "tiny-test";
  config.sample_rate = 16000;
  config.hop = 160;
  config.window = 320;
  config.overlap = 80;
  config.encoder_hops = {16, 1};
  config.encoder_frames = {24, 1};
  config.decoder_frames = {20, 1};
  config.decoder_hops = {18, 1};
  config.bottleneck.groups = 18;
  config.bottleneck.levels = {8, 5, 5, 5};
  return config;
}

// The same with vector perturbation.
inline Config TinyVpConfig() {
  Config config = TinyConfig();
  config.name = "tiny-vp-test";
  config.bottleneck.type = "vp";
  config.bottleneck.vector_dims = 4;
  config.bottleneck.codebook_size = 256;
  return config;
}

// Uniform in [-1, 1); SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), the same on every machine.
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}
  uint64_t Bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  float Uniform() { return static_cast<float>(static_cast<int64_t>(Bits()) >> 40) * 0x1p-23f; }
  size_t Below(size_t bound) { return static_cast<size_t>(Bits() % bound); }

 private:
  uint64_t state_;
};

// How far the uniform values of a tensor reach: for weights sqrt(6 / fan_in) / sqrt(2), which keeps the
// variance.
inline float InitialRange(const TensorSpec& spec) {
  const bool depthwise = spec.name.ends_with(".dw.weight");
  if (spec.name == kCodebook) return 1.0f;
  const int64_t fan_in = depthwise                ? spec.shape[0]
                         : spec.shape.size() == 3 ? spec.shape[1] * spec.shape[2]
                                                  : 0;
  return fan_in > 0 ? std::sqrt(3.0f / static_cast<float>(fan_in)) : 0.02f;
}

inline Tensor RandomTensor(const TensorSpec& spec, TestRandom& random) {
  size_t count = 1;
  for (const int64_t size : spec.shape) count *= static_cast<size_t>(size);
  Tensor tensor{spec.shape, std::vector<float>(count)};
  const std::string_view name = spec.name;
  const float centre = name.ends_with(".norm.weight") ? 1.0f : name.ends_with(".scale") ? 0.2f : 0.0f;
  const float range = centre != 0.0f ? 0.0f : InitialRange(spec);
  for (float& value : tensor.values) value = centre + range * random.Uniform();
  return tensor;
}

// A network of the entropy model.
inline EntropyNetworkWeights RandomEntropyNetwork(const BottleneckConfig& bottleneck, int units,
                                                  uint64_t seed) {
  EntropyNetworkWeights weights;
  weights.units = units;
  const auto columns = static_cast<size_t>(bottleneck.groups * units);
  weights.hidden.resize(static_cast<size_t>(EntropyNetworkWeights::Inputs(bottleneck)) * columns);
  weights.symbols.resize(static_cast<size_t>(EntropyNetworkWeights::Symbols(bottleneck)) * columns);
  TestRandom random(seed);
  for (auto* values : {&weights.hidden, &weights.symbols}) {
    for (int16_t& value : *values) value = static_cast<int16_t>(300 * random.Uniform());
  }
  return weights;
}

// Weights of `config` drawn from `seed`, with the flat entropy model. The metadata holds a licence.
inline Weights RandomWeights(const Config& config, uint64_t seed) {
  Weights weights;
  weights.config = config;
  TestRandom random(seed);
  for (const auto& list : {ListTensors(config), ListBottleneckTensors(config)}) {
    for (const TensorSpec& spec : list) weights.tensors[spec.name] = RandomTensor(spec, random);
  }
  const EntropyModel entropy = EntropyModel::Uniform(config.bottleneck);
  weights.frequencies.assign(entropy.frequencies().begin(), entropy.frequencies().end());
  weights.metadata["licence"] = "CC0-1.0";
  return weights;
}

}  // namespace quaver

#endif  // QUAVER_TESTS_MODEL_RANDOM_WEIGHTS_H_
