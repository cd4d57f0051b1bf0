// Weights files: safetensors with the configuration in the metadata.
#ifndef QUAVER_CODEC_MODEL_WEIGHTS_H_
#define QUAVER_CODEC_MODEL_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "codec/identity.h"
#include "codec/model/config.h"
#include "codec/status.h"

namespace quaver {

// One tensor, its values promoted to fp32 (exactly: F16 -> F32).
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// Everything that a weights file holds. `tensors` has just the entries of ListTensors(config).
// `frequencies` is the flat table of the entropy model (see codec/bitstream/entropy_model.h), U16.
struct Weights {
  Config config;
  std::map<std::string, Tensor> tensors;
  std::vector<uint16_t> frequencies;
  std::map<std::string, std::string>
      metadata;         // "licence", "training", ...: free text beside the configuration
  Identity identity{};  // filled by Parse and by Serialize
};

enum class Verify { kHash, kTrusted };  // kTrusted: the embedded model, whose hash a test checks

// Reads a weights file from memory. Every offset, shape, dtype and size is checked against the file and the
// configuration before use; the error names `source`, the tensor and what is wrong with it.
Result<Weights> ParseWeights(std::span<const uint8_t> bytes, const std::string& source, Verify verify);

// Writes `weights` as a file in memory: matrices are rounded to F16 (nearest even; a value beyond the range
// of F16, or not finite, is an error), the identity is computed and stored in the metadata.
Result<std::vector<uint8_t>> SerializeWeights(Weights& weights);

// What the header of a weights file claims. The identity is checked against the contents by ParseWeights
// only.
struct WeightsSummary {
  std::string name;  // of the configuration
  Identity identity{};
};

// Reads the header alone: `bytes` need not reach beyond it.
Result<WeightsSummary> PeekWeights(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_WEIGHTS_H_
