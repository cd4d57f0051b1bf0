// The configuration of a model, as weights files carry it and people write it.
#include "codec/model/config.h"

#include "codec/model/layers.h"
#include "fuzz/input.h"
#include "fuzz/target.h"

using namespace quaver;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = ParseConfig(fuzz::Input(data, size).Text());
  if (!config.ok()) {
    FUZZ_CHECK(!config.message().empty());
    return 0;
  }
  ListTensors(config.value());
  const std::string canonical = CanonicalJson(config.value());
  const auto again = ParseConfig(canonical);
  FUZZ_CHECK(again.ok() && CanonicalJson(again.value()) == canonical);
  return 0;
}
