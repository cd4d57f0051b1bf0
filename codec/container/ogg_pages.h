// Internal: whole Ogg pages of version 0 with a good CRC out of a stream of bytes.
#ifndef QUAVER_CODEC_CONTAINER_OGG_PAGES_H_
#define QUAVER_CODEC_CONTAINER_OGG_PAGES_H_

#include <ogg/ogg.h>

#include <cstdint>

#include "codec/byte_stream.h"

namespace quaver {

class OggPages {
 public:
  explicit OggPages(ByteSource source);
  ~OggPages();
  OggPages(const OggPages&) = delete;
  OggPages& operator=(const OggPages&) = delete;

  enum class Outcome { kPage, kEnd, kError };
  // `page` stays valid until the next call. Gives up (kEnd) when `limit` bytes of the source are behind us.
  Outcome Next(ogg_page& page, uint64_t limit = UINT64_MAX);
  // Bytes since the last call that belong to no such page.
  uint64_t TakeSkipped();
  // The source was moved: its next byte is the one at `position`.
  void Restart(uint64_t position);
  uint64_t position() const { return position_; }  // bytes behind us, in pages or skipped

 private:
  bool Fill();  // false: error, or the end
  void Advance(uint64_t bytes, bool skipped);

  ByteSource source_;
  ogg_sync_state sync_;
  uint64_t read_ = 0;
  uint64_t position_ = 0;
  uint64_t skipped_ = 0;
  bool padded_ = false;
  bool failed_ = false;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_CONTAINER_OGG_PAGES_H_
