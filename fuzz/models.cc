#include "fuzz/models.h"

#include <utility>
#include <vector>

#include "codec/model/eight_bit.h"
#include "codec/model/weights.h"
#include "fuzz/target.h"
#include "tests/model/random_weights.h"

extern "C" {
extern const uint8_t quaver_fuzz_tiny[];
extern const uint8_t quaver_fuzz_tiny_end[];
}

namespace quaver::fuzz {
namespace {

std::shared_ptr<const Model> Opened(Result<std::shared_ptr<const Model>> model) {
  FUZZ_CHECK(model.ok());
  return model.value();
}

Config Smallest(Config config) {
  config.block_kernel = 3;
  config.conv_kernel = 1;
  config.expansion = 1;
  config.encoder_hops = config.encoder_frames = config.decoder_frames = config.decoder_hops = {4, 1};
  config.bottleneck.groups = 3;
  config.bottleneck.levels = {3, 2};
  return config;
}

std::vector<uint8_t> Written(Weights& weights) {
  auto bytes = SerializeWeights(weights);
  FUZZ_CHECK(bytes.ok());
  return std::move(bytes).value();
}

}  // namespace

std::span<const uint8_t> TinyModelBytes() { return {quaver_fuzz_tiny, quaver_fuzz_tiny_end}; }

std::shared_ptr<const Model> TinyModel() {
  static const std::shared_ptr<const Model> model = Opened(Model::FromBytes(TinyModelBytes(), "tiny"));
  return model;
}

std::shared_ptr<const Model> DefaultModel() {
  static const std::shared_ptr<const Model> model = Opened(Model::BuiltIn());
  return model;
}

std::span<const uint8_t> SmallestModelBytes() {
  static const std::vector<uint8_t> bytes = [] {
    Weights weights = RandomWeights(Smallest(TinyConfig()), 1);
    weights.entropy_network = RandomEntropyNetwork(weights.config.bottleneck, 4, 1);
    return Written(weights);
  }();
  return bytes;
}

std::span<const uint8_t> SmallestVectorModelBytes() {
  static const std::vector<uint8_t> bytes = [] {
    Config config = Smallest(TinyVpConfig());
    config.bottleneck.vector_dims = 2;
    config.bottleneck.codebook_size = 8;
    Weights weights = RandomWeights(config, 2);
    FUZZ_CHECK(StoreMatricesAsEightBit(weights).ok());
    return Written(weights);
  }();
  return bytes;
}

std::shared_ptr<const Model> SmallestModel() {
  static const std::shared_ptr<const Model> model = Opened(Model::FromBytes(SmallestModelBytes(), "smallest"));
  return model;
}

std::shared_ptr<const Model> SmallestVectorModel() {
  static const std::shared_ptr<const Model> model = Opened(Model::FromBytes(SmallestVectorModelBytes(), "smallest VP"));
  return model;
}

}  // namespace quaver::fuzz
