// Every page tells how many samples are complete after it, so a place in the file is compared with the one
// looked for by reading the first whole page after it. `low` is a place that lies before the frame, `high` an
// offset beyond it. From the start the distance doubles until it is too far, then the range is halved until
// it is a few pages long, which are read in order. Doubling first, rather than halving the whole file, keeps
// the search near the frame: behind this stream there may be another one, of the same serial number even
// (cat a.qvr b.qvr), whose positions begin anew. A page with a number that is not between those of `low` and
// `high` is taken for such a one and counts as too far, as do a page that begins a stream, and the last one.
#include "codec/container/qvr_seek.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "codec/container/qvr_header.h"

namespace quaver {
namespace {

constexpr uint64_t kFirstStep = 16384;     // bytes
constexpr uint64_t kInOrder = 8192;        // bytes that are read in order in the end
constexpr uint64_t kLookBehind = 1 << 17;  // bytes behind a page in which the next one begins

class Search {
 public:
  Search(OggPages& pages, const ByteSeek& seek, const QvrHeader& header, int serial, const QvrPlace& start,
         uint64_t frame)
      : pages_(pages), seek_(seek), header_(header), serial_(serial), frame_(frame), low_(start) {}

  Result<QvrPlace> Run() {
    const int64_t size = seek_(0, SEEK_END);
    if (size < 0) return Error{"cannot seek"};
    high_ = std::max(static_cast<uint64_t>(size), low_.offset);
    for (uint64_t step = kFirstStep; high_ - low_.offset > step; step *= 2) {
      const uint64_t before = high_;
      if (!Compare(low_.offset + step)) return Error{"reading or seeking failed"};
      if (high_ != before) break;
    }
    while (high_ - low_.offset > kInOrder) {
      if (!Compare(low_.offset + (high_ - low_.offset) / 2)) return Error{"reading or seeking failed"};
    }
    if (!MoveTo(low_.offset)) return Error{"seeking failed"};
    while (true) {
      const auto next = NextPlace();
      if (failed_) return Error{"reading failed"};
      if (!next || next->frames > frame_) break;
      low_ = *next;
    }
    if (!MoveTo(low_.offset)) return Error{"seeking failed"};
    return low_;
  }

 private:
  bool MoveTo(uint64_t offset) {
    if (seek_(static_cast<int64_t>(offset), SEEK_SET) != static_cast<int64_t>(offset)) return false;
    pages_.Restart(offset);
    return true;
  }

  // Moves `low` behind the first place after `offset`, or `high` down to it. False: an error.
  bool Compare(uint64_t offset) {
    if (!MoveTo(offset)) return false;
    const auto place = NextPlace();
    if (failed_) return false;
    const bool before = place && place->frames <= frame_ && place->offset < high_;
    if (before) {
      low_ = *place;
    } else {
      high_ = offset;
    }
    return true;
  }

  // The place after the next page that tells its frames and is followed by one that begins with a packet.
  // Nothing if there is none before `high` and the end of the stream.
  std::optional<QvrPlace> NextPlace() {
    std::optional<QvrPlace> place;
    ogg_page page;
    while (true) {
      const uint64_t limit = place ? place->offset + kLookBehind : high_;
      const OggPages::Outcome outcome = pages_.Next(page, limit);
      failed_ = outcome == OggPages::Outcome::kError;
      if (outcome != OggPages::Outcome::kPage || ogg_page_bos(&page) != 0) return {};
      if (ogg_page_serialno(&page) != serial_) continue;
      const auto number = static_cast<uint32_t>(ogg_page_pageno(&page));
      if (place && ogg_page_continued(&page) == 0 && number == place->next_page) return place;
      if (static_cast<int32_t>(number - low_.next_page) < 0) return {};
      place.reset();
      if (ogg_page_eos(&page) != 0) return {};
      const ogg_int64_t granule = ogg_page_granulepos(&page);
      if (granule <= 0 || static_cast<uint64_t>(granule) > kMaxGranule) continue;
      const uint64_t frames = FramesAt(header_, static_cast<uint64_t>(granule));
      if (frames < low_.frames || GranuleAfter(header_, frames) != static_cast<uint64_t>(granule)) continue;
      place = QvrPlace{pages_.position(), number + 1, frames};
    }
  }

  OggPages& pages_;
  const ByteSeek& seek_;
  const QvrHeader& header_;
  const int serial_;
  const uint64_t frame_;
  QvrPlace low_;
  uint64_t high_ = 0;  // bytes
  bool failed_ = false;
};

}  // namespace

Result<QvrPlace> FindPlace(OggPages& pages, const ByteSeek& seek, const QvrHeader& header, int serial,
                           const QvrPlace& start, uint64_t frame) {
  return Search(pages, seek, header, serial, start, frame).Run();
}

}  // namespace quaver
