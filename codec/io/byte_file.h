// Bytes from a path or standard input.
#ifndef QUAVER_CODEC_IO_BYTE_FILE_H_
#define QUAVER_CODEC_IO_BYTE_FILE_H_

#include <string>

#include "codec/byte_stream.h"
#include "codec/status.h"

namespace quaver {

// "-" is standard input. Copies of the source share one file. Errors name the file and the cause; a directory
// is refused. What is no regular file ends when a stop is requested (stop_request.h).
Result<ByteSource> OpenByteSource(const std::string& path);

// Is `path` ("-": standard input) a regular file, which is all there already, and no pipe or device?
bool IsRegularFile(const std::string& path);

// The same with a way to move in it: `seek` becomes null unless it is a regular file. Distances count from
// where the source began, which for standard input need not be the start of a file.
Result<ByteSource> OpenByteSource(const std::string& path, ByteSeek& seek);

// `path` as it should stand in messages: "standard input" for "-".
std::string InputName(const std::string& path);

}  // namespace quaver

#endif  // QUAVER_CODEC_IO_BYTE_FILE_H_
