// The model that was embedded into the library when it was built (CMake: QUAVER_BUILTIN_MODEL).
#ifndef QUAVER_CODEC_MODEL_BUILTIN_H_
#define QUAVER_CODEC_MODEL_BUILTIN_H_

#include <cstdint>
#include <span>
#include <string>

namespace quaver {

// A weights file, 64-byte aligned, in the program's read-only data; empty if the library was built without
// one.
std::span<const uint8_t> BuiltInWeights();

// The name in its configuration, such as "speech-16k"; empty without a model.
std::string BuiltInName();

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_BUILTIN_H_
