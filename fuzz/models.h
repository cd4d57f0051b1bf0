// The models that targets use: the default model; the small one of the conformance vectors, for packets and .qvr files; and one
// with random weights that is as small as can be, for targets that run the network often.
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
std::span<const uint8_t> SmallestModelBytes();
std::span<const uint8_t> SmallestVectorModelBytes();  // of vector perturbation, with matrices in 8 bits
std::shared_ptr<const Model> SmallestModel();
std::shared_ptr<const Model> SmallestVectorModel();

}  // namespace quaver::fuzz

#endif  // QUAVER_FUZZ_MODELS_H_
