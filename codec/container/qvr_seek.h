// Internal: finds the place of a frame in a .qvr file without reading all of it.
#ifndef QUAVER_CODEC_CONTAINER_QVR_SEEK_H_
#define QUAVER_CODEC_CONTAINER_QVR_SEEK_H_

#include <cstdint>

#include "codec/byte_stream.h"
#include "codec/container/ogg_pages.h"
#include "codec/container/qvr.h"
#include "codec/status.h"

namespace quaver {

// Between two pages of the stream; no packet reaches across it.
struct QvrPlace {
  uint64_t offset = 0;     // bytes before it
  uint32_t next_page = 0;  // number of the page that follows
  uint64_t frames = 0;     // of the stream before it
};

// The last place found that has at most `frame` frames before it, and never one before `start`, where the
// packets begin. Leaves `pages` there. The last page of the stream is never skipped, since it holds the
// length. Errors: reading or seeking failed.
Result<QvrPlace> FindPlace(OggPages& pages, const ByteSeek& seek, const QvrHeader& header, int serial,
                           const QvrPlace& start, uint64_t frame);

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_QVR_SEEK_H_
