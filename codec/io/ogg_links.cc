#include "codec/io/ogg_links.h"

#include <ogg/ogg.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <span>

namespace quaver::internal {
namespace {

constexpr size_t kBlock = 1 << 16;
constexpr size_t kMaxLinks = 100000;

struct Sync {
  Sync() { ogg_sync_init(&state); }
  ~Sync() { ogg_sync_clear(&state); }
  Sync(const Sync&) = delete;
  Sync& operator=(const Sync&) = delete;
  ogg_sync_state state{};
};

class Collector {
 public:
  void TakePage(const ogg_page& page, uint64_t at, uint64_t length) {
    const bool begins = ogg_page_bos(&page) != 0;
    if (links_.empty() || (begins && !heads_ && links_.size() < kMaxLinks)) {
      Close();
      links_.emplace_back();
      links_.back().begin = at;
    }
    heads_ = begins;
    OggLink& link = links_.back();
    const int serial = ogg_page_serialno(&page);
    const auto number = static_cast<uint32_t>(ogg_page_pageno(&page));
    const auto [stream, fresh] = streams_.try_emplace(serial);
    link.forged = link.forged || GoesBack(stream->second, ogg_page_granulepos(&page), fresh);
    if (link.forged) return;
    link.end = at + length;
    if (!fresh && number > stream->second.next) {
      if (link.lost == 0 && link.bad_bytes == 0) link.first_bad = at;
      link.lost += number - stream->second.next;
    }
    stream->second.next = number + 1;
    stream->second.ended = ogg_page_eos(&page) != 0;
  }

  void TakeBad(uint64_t at, uint64_t bytes) {
    if (links_.empty()) links_.emplace_back();
    OggLink& link = links_.back();
    if (link.lost == 0 && link.bad_bytes == 0) link.first_bad = at;
    link.bad_bytes += bytes;
    if (!link.forged) link.end = at + bytes;
  }

  std::vector<OggLink> Finish() {
    Close();
    return std::move(links_);
  }

 private:
  struct Stream {
    uint32_t next = 0;  // number of the page to come
    int64_t position = 0;
    bool ended = false;
  };

  // No encoder writes this. libsndfile 1.2 keeps the difference of two positions in 32 bits, and takes what
  // it then finds in the heap for sound.
  static bool GoesBack(Stream& stream, int64_t position, bool first) {
    if (position == -1) return false;  // no packet ends in this page
    const bool back = !first && (position < 0 || stream.position - position > INT32_MAX);
    if (!back) stream.position = std::max<int64_t>(position, 0);
    return back;
  }

  void Close() {
    if (links_.empty()) return;
    links_.back().complete =
        std::ranges::all_of(streams_, [](const auto& each) { return each.second.ended; });
    streams_.clear();
  }

  std::vector<OggLink> links_;
  std::map<int, Stream> streams_;  // of the last link, by serial number
  bool heads_ = true;              // the last page was the first of its stream
};

}  // namespace

std::vector<OggLink> FindOggLinks(uint64_t size, const BytesAt& bytes) {
  Sync sync;
  Collector collector;
  uint64_t read = 0;
  uint64_t at = 0;
  for (;;) {
    ogg_page page;
    const long got = ogg_sync_pageseek(&sync.state, &page);
    if (got > 0) {
      collector.TakePage(page, at, static_cast<uint64_t>(got));
      at += static_cast<uint64_t>(got);
    } else if (got < 0) {
      collector.TakeBad(at, static_cast<uint64_t>(-got));
      at += static_cast<uint64_t>(-got);
    } else {
      if (read >= size) break;
      char* room = ogg_sync_buffer(&sync.state, kBlock);
      if (room == nullptr) throw std::bad_alloc();
      const size_t count =
          bytes(read, {reinterpret_cast<uint8_t*>(room), std::min<uint64_t>(kBlock, size - read)});
      if (count == 0) break;
      ogg_sync_wrote(&sync.state, static_cast<long>(count));
      read += count;
    }
  }
  if (at < read) collector.TakeBad(at, read - at);
  return collector.Finish();
}

}  // namespace quaver::internal
