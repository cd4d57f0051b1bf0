// Internal: messages of errors for callers of the C API.
#ifndef QUAVER_CODEC_EXPLAIN_H_
#define QUAVER_CODEC_EXPLAIN_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

namespace quaver::internal {

// Cuts the message to what fits into `error_size` bytes with its final 0. `error` may be null.
inline void Explain(const std::string& message, char* error, size_t error_size) {
  if (error == nullptr || error_size == 0) return;
  const size_t length = std::min(message.size(), error_size - 1);
  std::memcpy(error, message.data(), length);
  error[length] = 0;
}

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_EXPLAIN_H_
