// The options of a training run, as people write them and checkpoints and weights files carry them.
#include "codec/train/options.h"
#include "fuzz/input.h"
#include "fuzz/target.h"

using namespace quaver;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto options = ParseTrainingOptions(fuzz::Input(data, size).Text());
  if (!options.ok()) {
    FUZZ_CHECK(!options.message().empty());
    return 0;
  }
  const std::string text = TrainingJson(options.value());
  const auto again = ParseTrainingOptions(text);
  FUZZ_CHECK(again.ok() && TrainingJson(again.value()) == text);
  return 0;
}
