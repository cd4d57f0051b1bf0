// Internal: where the samples of a CAF, NIST SPHERE or VOC lie. These are read from files only; what comes
// through a pipe is copied first.
#ifndef QUAVER_CODEC_IO_SEEKABLE_HEADER_H_
#define QUAVER_CODEC_IO_SEEKABLE_HEADER_H_

#include <optional>

#include "codec/io/sound_header.h"

namespace quaver::internal {

// None if it is another kind of file, or ends before its samples begin.
std::optional<SampleData> FindSeekableData(const BytesAt& bytes);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_SEEKABLE_HEADER_H_
