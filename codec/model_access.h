// What the public Model keeps to itself, for the rest of the source tree and its tests. Not installed, not
// exported.
#ifndef QUAVER_CODEC_MODEL_ACCESS_H_
#define QUAVER_CODEC_MODEL_ACCESS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/model/config.h"
#include "codec/model/weights.h"
#include "codec/runtime/network_plan.h"
#include "codec/status.h"

namespace quaver::internal {

struct ModelAccess {
  // As Model::FromBytes; `verify` decides whether the identity is checked against the bytes.
  static Result<std::shared_ptr<const Model>> FromBytes(std::span<const uint8_t> bytes,
                                                        const std::string& source, Verify verify);
  // Matrices are rounded to F16 on the way, as in a file.
  static Result<std::shared_ptr<const Model>> FromWeights(Weights weights);
  static const Config& config(const Model& model);
  static const NetworkPlan& plan(const Model& model);  // packed weights and layers
  static const Result<std::vector<double>>& expected_bitrates(const Model& model);  // codec/encode/bitrate.h
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_MODEL_ACCESS_H_
