// The small model by the C interface.
#ifndef QUAVER_FUZZ_C_MODEL_H_
#define QUAVER_FUZZ_C_MODEL_H_

#include "codec/quaver.h"
#include "fuzz/models.h"
#include "fuzz/target.h"

namespace quaver::fuzz {

inline quaver_model* TinyCModel() {
  static quaver_model* const model = [] {
    quaver_model* opened = quaver_model_from_memory(TinyModelBytes().data(), TinyModelBytes().size(), nullptr, 0);
    FUZZ_CHECK(opened != nullptr);
    return opened;
  }();
  return model;
}

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_C_MODEL_H_
