#include "codec/model/builtin.h"

#include "codec/model/weights.h"

#ifdef QUAVER_HAS_BUILTIN_MODEL
// builtin_model.S
extern "C" {
extern const uint8_t kQuaverBuiltInModelBegin[];
extern const uint8_t kQuaverBuiltInModelEnd[];
}
#endif

namespace quaver {

std::span<const uint8_t> BuiltInWeights() {
#ifdef QUAVER_HAS_BUILTIN_MODEL
  return {kQuaverBuiltInModelBegin, kQuaverBuiltInModelEnd};
#else
  return {};
#endif
}

std::string BuiltInName() {
  if (BuiltInWeights().empty()) return "";
  const auto summary = PeekWeights(BuiltInWeights(), "built-in model");
  return summary.ok() ? summary.value().name : "";
}

}  // namespace quaver
