#include "fuzz/models.h"

#include "fuzz/target.h"

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

}  // namespace quaver::fuzz
