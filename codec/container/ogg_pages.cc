#include "codec/container/ogg_pages.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace quaver {
namespace {

constexpr int kReadBytes = 4096;
constexpr int kMaxPageBytes = 27 + 255 + 255 * 255;

}  // namespace

OggPages::OggPages(ByteSource source) : source_(std::move(source)) { ogg_sync_init(&sync_); }

OggPages::~OggPages() { ogg_sync_clear(&sync_); }

OggPages::Outcome OggPages::Next(ogg_page& page, uint64_t limit) {
  while (position_ < limit) {
    const auto bytes = ogg_sync_pageseek(&sync_, &page);
    if (bytes > 0) {
      const bool whole =
          position_ + static_cast<uint64_t>(bytes) <= read_;  // and not completed by zeros of ours
      const bool counts = whole && ogg_page_version(&page) == 0;
      Advance(static_cast<uint64_t>(bytes), !counts);
      if (counts) return Outcome::kPage;
      if (!whole) return Outcome::kEnd;
      continue;
    }
    if (bytes < 0) {
      Advance(static_cast<uint64_t>(-bytes), true);
    } else if (!Fill()) {
      if (failed_) return Outcome::kError;
      Advance(read_ - position_, true);
      return Outcome::kEnd;
    }
  }
  return Outcome::kEnd;
}

void OggPages::Restart(uint64_t position) {
  ogg_sync_reset(&sync_);
  read_ = position_ = position;
  skipped_ = 0;
  padded_ = failed_ = false;
}

uint64_t OggPages::TakeSkipped() { return std::exchange(skipped_, 0); }

// At the end of the source a page of zeros follows, once: a damaged page that claims to be longer than the
// file would otherwise hide the good ones inside it.
bool OggPages::Fill() {
  if (padded_ || failed_) return false;
  char* buffer = ogg_sync_buffer(&sync_, kReadBytes);
  if (buffer == nullptr) throw std::bad_alloc();
  const int64_t got = source_({reinterpret_cast<uint8_t*>(buffer), size_t{kReadBytes}});
  failed_ = got < 0 || got > kReadBytes;
  if (failed_) return false;
  if (got > 0) {
    read_ += static_cast<uint64_t>(got);
    ogg_sync_wrote(&sync_, static_cast<int>(got));
    return true;
  }
  padded_ = true;
  buffer = ogg_sync_buffer(&sync_, kMaxPageBytes);
  if (buffer == nullptr) throw std::bad_alloc();
  std::memset(buffer, 0, static_cast<size_t>(kMaxPageBytes));
  ogg_sync_wrote(&sync_, kMaxPageBytes);
  return true;
}

// The zeros of Fill() are not counted.
void OggPages::Advance(uint64_t bytes, bool skipped) {
  const uint64_t end = std::min(position_ + bytes, read_);
  if (skipped) skipped_ += end - position_;
  position_ = end;
}

}  // namespace quaver
