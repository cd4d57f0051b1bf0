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

// As lseek(): moves to `offset` from the start (whence SEEK_SET), from here (SEEK_CUR) or from the end
// (SEEK_END) and returns the new distance from the start, or a negative value if it cannot.
using ByteSeek = std::function<int64_t(int64_t offset, int whence)>;

// Takes all bytes of the span, which is valid during the call only. False: writing failed.
using ByteSink = std::function<bool(std::span<const uint8_t>)>;

}  // namespace quaver

#endif  // QUAVER_CODEC_BYTE_STREAM_H_
