// Internal: the links of a chained Ogg file, and what is missing in each.
#ifndef QUAVER_CODEC_IO_OGG_LINKS_H_
#define QUAVER_CODEC_IO_OGG_LINKS_H_

#include <cstdint>
#include <vector>

#include "codec/io/sound_header.h"

namespace quaver::internal {

// One Ogg stream after the other (`cat a.opus b.opus`): a link begins with the pages that begin its streams.
struct OggLink {
  uint64_t begin = 0;      // byte of the first page
  uint64_t end = 0;        // byte behind the last one, or of the page that makes it `forged`
  bool forged = false;     // a page's position is negative, or 2^31 or more before the one before it
  bool complete = true;    // each stream in it has its last page
  uint64_t lost = 0;       // pages whose numbers are missing
  uint64_t bad_bytes = 0;  // in no page with a good checksum
  uint64_t first_bad = 0;  // byte where the first of them, or of the missing pages, is noticed
};

// Reads all of a file of `size` bytes, in constant memory. Empty if there is no page in it.
std::vector<OggLink> FindOggLinks(uint64_t size, const BytesAt& bytes);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_OGG_LINKS_H_
