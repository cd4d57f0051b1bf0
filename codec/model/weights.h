// Weights files: safetensors with the configuration in the metadata.
#ifndef QUAVER_CODEC_MODEL_WEIGHTS_H_
#define QUAVER_CODEC_MODEL_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/bitstream/entropy_network.h"
#include "codec/identity.h"
#include "codec/model/config.h"
#include "codec/status.h"

namespace quaver {

// One tensor, its values promoted to fp32 (exactly: F16 -> F32).
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
  // Of a matrix that a file holds in 8 bits: one for each row (codec/model/eight_bit.h).
  std::vector<float> scales{};
};

// Everything that a weights file holds. `tensors` has just the entries of ListTensors(config) and of
// ListBottleneckTensors(config). `frequencies` is the flat table of the entropy model, U16
// (codec/bitstream/entropy_model.h); `entropy_network` its network, I16, if it has one
// (codec/bitstream/entropy_network.h).
struct Weights {
  Config config;
  std::map<std::string, Tensor> tensors;
  std::vector<uint16_t> frequencies;
  EntropyNetworkWeights entropy_network;
  std::map<std::string, std::string>
      metadata;         // "licence", "training", ...: free text beside the configuration
  Identity identity{};  // filled by Parse and by Serialize
};

// A tensor where it lies in a weights file: F16 for matrices, F32 otherwise, little-endian, every value
// finite. A matrix that the file holds in 8 bits is promoted to F16 when the file is opened.
struct TensorView {
  std::vector<int64_t> shape;
  std::span<const uint8_t> bytes;
  std::shared_ptr<const std::vector<uint8_t>> promoted{};  // holds `bytes`, if they do not lie in the file
  std::vector<float> scales{};                             // then: one a row
};

// Its values in fp32, exactly.
std::vector<float> Promote(const TensorView& tensor);

// A weights file that has been checked: its tensors are views into the bytes that were opened (or of halves
// that 8 bits were promoted to), so that a model loads without a copy of them in fp32. `tensors` has just the
// entries of ListTensors(config) and of ListBottleneckTensors(config).
struct WeightsView {
  Config config;
  std::map<std::string, TensorView> tensors;
  std::vector<uint16_t> frequencies;
  EntropyNetworkWeights entropy_network;
  std::map<std::string, std::string> metadata;
  Identity identity{};
};

enum class Verify { kHash, kTrusted };  // kTrusted: the embedded model, whose hash a test checks

// Opens a weights file in memory. Every offset, shape, dtype, size and value is checked against the file and
// the configuration before use; the error names `source`, the tensor and what is wrong with it. Types of
// bottleneck that are made for comparison in training have no tokens at run time and are refused.
Result<WeightsView> OpenWeights(std::span<const uint8_t> bytes, const std::string& source, Verify verify);

// The same with all values promoted, and nothing left of the bytes.
Result<Weights> ParseWeights(std::span<const uint8_t> bytes, const std::string& source, Verify verify);

// Writes `weights` as a file in memory: matrices with scales become I8, the others are rounded to F16
// (nearest even; a value beyond the range of F16, or not finite, is an error), the identity is computed and
// stored in the metadata. The format version is 3 if the tables are those of TableContexts::kThisFrame, else
// 2 if there is a matrix in 8 bits, else 1.
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
