// Bytes in and out, wherever they come from and go to: files, pipes, sockets, memory.
#ifndef QUAVER_CODEC_BYTE_STREAM_H_
#define QUAVER_CODEC_BYTE_STREAM_H_

#include <cstdint>
#include <functional>
#include <span>

namespace quaver {

// Reads at most as many bytes as the span holds to its start and returns how many: fewer are fine, 0 is the
// end of the input, a negative value a read error.
using ByteSource = std::function<int64_t(std::span<uint8_t>)>;

// Takes all bytes of the span, which is valid during the call only. False: writing failed.
using ByteSink = std::function<bool(std::span<const uint8_t>)>;

}  // namespace quaver

#endif  // QUAVER_CODEC_BYTE_STREAM_H_
