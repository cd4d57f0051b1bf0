// Bytes from a path or standard input, in the shape that QvrReader and the .npy reader take them.
#ifndef QUAVER_CODEC_IO_BYTE_FILE_H_
#define QUAVER_CODEC_IO_BYTE_FILE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "codec/status.h"

namespace quaver {

// The same type as quaver::ByteSource (codec/container/qvr.h): fills at most the span, returns the bytes
// read, 0 at the end, negative on a read error. Copies share one file.
using FileSource = std::function<int64_t(std::span<uint8_t>)>;

// "-" is standard input. Errors name the file and the cause; a directory is refused.
Result<FileSource> OpenFileSource(const std::string& path);

// `path` as it should stand in messages: "standard input" for "-".
std::string InputName(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_BYTE_FILE_H_
