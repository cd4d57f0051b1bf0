// Models, speech and comparisons that the tests of the runtime share.
#ifndef QUAVER_TESTS_RUNTIME_SIGNALS_H_
#define QUAVER_TESTS_RUNTIME_SIGNALS_H_

#include <sndfile.h>

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/model/half.h"
#include "codec/model_access.h"
#include "tests/model/random_weights.h"

namespace quaver {

// Random weights whose norms and scales are random too, so that no tensor goes unnoticed; matrices rounded as
// in a file.
inline Weights VariedWeights(const Config& config, uint64_t seed) {
  Weights weights = RandomWeights(config, seed);
  if (config.name.empty()) weights.config.name = "test";
  TestRandom random(seed + 1);
  for (const TensorSpec& spec : ListTensors(config)) {
    const bool varied = spec.name.ends_with(".norm.weight") || spec.name.ends_with(".scale");
    for (float& value : weights.tensors[spec.name].values) {
      if (varied) value *= 1.0f + 0.5f * random.Uniform();
      if (spec.matrix) value = HalfToFloat(FloatToHalf(value));
    }
  }
  return weights;
}

inline std::shared_ptr<const Model> RandomModel(const Config& config, uint64_t seed = 1) {
  auto model = internal::ModelAccess::FromWeights(VariedWeights(config, seed));
  return model.ok() ? model.value() : nullptr;
}

inline std::vector<float> Noise(size_t size, uint64_t seed, float level = 1.0f) {
  TestRandom random(seed);
  std::vector<float> noise(size);
  for (float& value : noise) value = level * random.Uniform();
  return noise;
}

inline std::vector<uint16_t> RandomTokens(size_t count, int codes, uint64_t seed) {
  TestRandom random(seed);
  std::vector<uint16_t> tokens(count);
  for (uint16_t& token : tokens) token = static_cast<uint16_t>(random.Below(static_cast<size_t>(codes)));
  return tokens;
}

// The first `most` samples of a clip in samples/.
inline std::vector<float> Speech(const char* name, size_t most) {
  SF_INFO info{};
  SNDFILE* file = sf_open((std::string(QUAVER_SOURCE_DIR "/samples/") + name).c_str(), SFM_READ, &info);
  if (file == nullptr || info.channels != 1) return {};
  std::vector<float> samples(most);
  samples.resize(static_cast<size_t>(sf_read_float(file, samples.data(), static_cast<sf_count_t>(most))));
  sf_close(file);
  return samples;
}

// Bit for bit, so that 0 and -0 differ and NaN equals itself.
inline bool SameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

}  // namespace quaver

#endif  // QUAVER_TESTS_RUNTIME_SIGNALS_H_
