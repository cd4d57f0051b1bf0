// What is behind the handles of the C API.
#ifndef QUAVER_CODEC_QUAVER_HANDLES_H_
#define QUAVER_CODEC_QUAVER_HANDLES_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

#include "codec/codec.h"
#include "codec/quaver.h"

struct quaver_model {
  std::shared_ptr<const quaver::Model> shared;
};
struct quaver_encoder {
  std::shared_ptr<const quaver::Model> model;
  quaver::Encoder encoder;
};
struct quaver_decoder {
  std::shared_ptr<const quaver::Model> model;
  quaver::Decoder decoder;
};

namespace quaver::internal {

// A message for the caller, cut to what fits with its final 0.
inline void Explain(const std::string& message, char* error, size_t error_size) {
  if (error == nullptr || error_size == 0) return;
  const size_t length = std::min(message.size(), error_size - 1);
  std::memcpy(error, message.data(), length);
  error[length] = 0;
}

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_QUAVER_HANDLES_H_
