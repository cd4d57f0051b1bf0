// The small models by the C interface.
#ifndef QUAVER_FUZZ_C_MODEL_H_
#define QUAVER_FUZZ_C_MODEL_H_

#include "codec/quaver.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

namespace quaver::fuzz {

inline quaver_model* OpenedByC(std::span<const uint8_t> bytes) {
  quaver_model* opened = quaver_model_from_memory(bytes.data(), bytes.size(), nullptr, 0);
  FUZZ_CHECK(opened != nullptr);
  return opened;
}

inline quaver_model* TinyCModel() {
  static quaver_model* const model = OpenedByC(TinyModelBytes());
  return model;
}

inline quaver_model* SmallestCModel() {
  static quaver_model* const model = OpenedByC(SmallestModelBytes());
  return model;
}

inline quaver_model* SmallestVectorCModel() {
  static quaver_model* const model = OpenedByC(SmallestVectorModelBytes());
  return model;
}

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_C_MODEL_H_
