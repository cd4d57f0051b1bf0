// The models that targets use: the small one of the conformance vectors, which costs nearly nothing, and the default model.
#ifndef QUAVER_FUZZ_MODELS_H_
#define QUAVER_FUZZ_MODELS_H_

#include <cstdint>
#include <memory>
#include <span>

#include "codec/codec.h"

namespace quaver::fuzz {

std::span<const uint8_t> TinyModelBytes();
std::shared_ptr<const Model> TinyModel();
std::shared_ptr<const Model> DefaultModel();

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_MODELS_H_
