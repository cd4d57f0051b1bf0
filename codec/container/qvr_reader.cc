// Reads a stream that may be damaged, and tells how much of it is missing where. Ogg gives three clues: a
// checksum for each page (OggPages skips what has no good one), page numbers, which show that pages are
// missing, and granule positions, which show how many samples a stream should have had up to a page. Steps
// and bounds are those of docs/reference/bitstream.md, "Reading damaged streams".
//
// frames_ is the position in the stream in frames, lost ones included. After a gap the granule position of
// the next page tells where we are: what lies between it and the frames counted is lost, and is queued as one
// kLost event at the place of the gap (FramesLost). Without a gap packets are believed, not positions, since
// a wrong position would cut or stretch good sound; only when two pages in a row are off by the same number
// is the new position taken. Invariants: a page that was read is not read again, lost_ <= delivered_ +
// kMaxLostFrames, and memory stays within a page and kMaxPacketBytes whatever the file claims.
#include <ogg/ogg.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "codec/container/ogg_pages.h"
#include "codec/container/qvr.h"
#include "codec/container/qvr_header.h"
#include "codec/container/qvr_seek.h"
#include "codec/container/qvr_tags.h"

namespace quaver {
namespace {

constexpr uint64_t kHeaderSearchBytes = 1 << 20;  // headers begin in here, whatever else is multiplexed
constexpr uint64_t kTailBytes = 1 << 16;          // looked at behind the last page, for the sake of damage()
constexpr size_t kMaxDamageLines = 20;

std::span<const uint8_t> Body(const ogg_page& page) {
  return {page.body, static_cast<size_t>(page.body_len)};
}

// The one packet of a header page; empty if the page holds anything but one whole packet.
std::span<const uint8_t> OnlyPacket(const ogg_page& page) {
  const int segments = page.header[26];
  const unsigned char* lacing = page.header + 27;
  for (int i = 0; i < segments; ++i) {
    const bool ends_packet = lacing[i] < 255;
    if (ends_packet != (i + 1 == segments)) return {};
  }
  return ogg_page_continued(&page) != 0 ? std::span<const uint8_t>() : Body(page);
}

}  // namespace

struct QvrReader::Impl {
 public:
  Impl(ByteSource source, ByteSeek seek, std::string name)
      : pages_(std::move(source)), seek_(std::move(seek)), name_(std::move(name)) {}
  ~Impl() { ogg_stream_clear(&stream_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const QvrHeader& header() const { return header_; }
  const std::vector<QvrTag>& tags() const { return tags_; }
  const std::vector<std::string>& damage() const { return damage_; }

  Status ReadHeaders() {
    if (Status status = FindId(); !status.ok()) return Error{name_ + ": " + status.message()};
    if (ogg_stream_init(&stream_, serial_) != 0) throw std::bad_alloc();
    ogg_stream_reset(&stream_);  // now it takes any page number as the first
    if (Status status = FindComments(); !status.ok()) return Error{name_ + ": " + status.message()};
    return {};
  }

  // Ranges of the file that were skipped are not looked at for damage.
  Result<uint64_t> Seek(uint64_t frame) {
    if (seek_) {
      const auto place = FindPlace(pages_, seek_, header_, serial_, start_, frame);
      if (!place.ok()) return Error{name_ + ": " + place.message()};
      StartAt(place.value());
    } else if (frame < Position()) {
      return Error{name_ + ": cannot go back: the source cannot seek"};
    }
    while (true) {
      while (queue_.empty() && !ended_) {
        if (!ReadPage())
          return Error{name_ + ": read error after " + std::to_string(pages_.position()) + " bytes"};
      }
      if (queue_.empty() || Position() + Frames(queue_.front()) > frame) return std::min(Position(), frame);
      queue_.pop_front();
    }
  }

  Result<QvrEvent> Next() {
    while (queue_.empty()) {
      if (ended_ && looked_behind_) return end_;
      const bool read = ended_ ? LookBehindTheLastPage() : ReadPage();
      if (!read) return Error{name_ + ": read error after " + std::to_string(pages_.position()) + " bytes"};
    }
    QvrEvent event = std::move(queue_.front());
    queue_.pop_front();
    return event;
  }

 private:
  static uint64_t Frames(const QvrEvent& event) {
    return static_cast<uint64_t>(event.kind == QvrEvent::kLost ? event.lost_frames : event.frames);
  }

  // Frames before the next event.
  uint64_t Position() const {
    uint64_t queued = 0;
    for (const QvrEvent& event : queue_) queued += Frames(event);
    return frames_ - std::min(frames_, queued);
  }

  // As if all before `place` had been read, without damage.
  void StartAt(const QvrPlace& place) {
    ogg_stream_reset(&stream_);
    expected_page_ = place.next_page;
    frames_ = skipped_frames_ = place.frames;
    delivered_ = lost_ = 0;
    offset_ = 0;
    gap_ = ended_ = looked_behind_ = false;
    queue_.clear();
    end_ = {};
  }

  // The packets that a page completes, and where among them something is missing.
  struct PagePackets {
    std::vector<QvrEvent> packets;
    uint64_t frames = 0;
    bool gap = false;
    size_t gap_at = 0;  // packets before it
  };

  Status FindId() {
    ogg_page page;
    while (true) {
      const OggPages::Outcome outcome = pages_.Next(page, kHeaderSearchBytes);
      if (outcome == OggPages::Outcome::kError) return Error{"read error"};
      if (outcome == OggPages::Outcome::kEnd) break;
      const auto body = Body(page);
      if (ogg_page_bos(&page) == 0 || body.size() < kIdMagic.size() ||
          !std::equal(kIdMagic.begin(), kIdMagic.end(), body.begin())) {
        continue;
      }
      const auto packet = OnlyPacket(page);
      if (packet.empty()) return Error{"header: shares its page with another packet"};
      Result<QvrHeader> parsed = ParseIdHeader(packet);
      if (!parsed.ok()) return parsed.error();
      header_ = parsed.value();
      serial_ = ogg_page_serialno(&page);
      expected_page_ = static_cast<uint32_t>(ogg_page_pageno(&page)) + 1;
      return {};
    }
    return Error{"not a .qvr file: no Quaver header found in its first " + std::to_string(pages_.position()) +
                 " bytes"};
  }

  // Decoding needs nothing of what the comments say, so damage to them is noted and no reason to refuse.
  Status FindComments() {
    ogg_page page;
    const uint64_t limit = pages_.position() + kHeaderSearchBytes;
    const uint32_t number = expected_page_++;
    while (true) {
      const OggPages::Outcome outcome = pages_.Next(page, limit);
      NoteSkipped();
      if (outcome == OggPages::Outcome::kError) return Error{"read error"};
      if (outcome == OggPages::Outcome::kEnd) break;
      if (ogg_page_serialno(&page) != serial_) continue;
      const auto found = static_cast<uint32_t>(ogg_page_pageno(&page));
      if (found == number) {
        start_ = {pages_.position(), expected_page_, 0};
        CheckComments(page);
        return {};
      }
      if (found == number - 1) {
        Note("header: met again, not read");
        continue;
      }
      Note("comment header: missing");
      start_ = {pages_.position() - static_cast<uint64_t>(page.header_len + page.body_len), expected_page_,
                0};
      TakeAnyPage(page);
      return {};
    }
    Note("comment header: missing");
    start_ = {pages_.position(), expected_page_, 0};
    return {};
  }

  void CheckComments(const ogg_page& page) {
    const auto packet = OnlyPacket(page);
    if (packet.empty()) return Note("comment header: shares its page with another packet");
    const Status valid = ReadCommentHeader(packet, tags_);
    if (!valid.ok()) Note(valid.message());
  }

  // False: read error.
  bool ReadPage() {
    ogg_page page;
    const OggPages::Outcome outcome = pages_.Next(page);
    NoteSkipped();
    if (outcome == OggPages::Outcome::kError) return false;
    if (outcome == OggPages::Outcome::kEnd) {
      Note("the file ends before the last page of the stream");
      ended_ = looked_behind_ = true;
    } else {
      TakeAnyPage(page);
    }
    return true;
  }

  void TakeAnyPage(ogg_page& page) {
    if (ogg_page_bos(&page) != 0) {
      Note("another stream begins before the last page of this one, at " + Place(-1) + "; it is not read");
      ended_ = looked_behind_ = true;
    } else if (ogg_page_serialno(&page) == serial_) {
      TakePage(page);
    }
  }

  void TakePage(ogg_page& page) {
    const auto number = static_cast<uint32_t>(ogg_page_pageno(&page));
    const auto step = static_cast<int32_t>(number - expected_page_);
    const ogg_int64_t raw = ogg_page_granulepos(&page);
    const bool known = raw >= 0 && static_cast<uint64_t>(raw) <= kMaxGranule;
    const uint64_t granule = known ? static_cast<uint64_t>(raw) : 0;
    const std::string place = "page " + std::to_string(number) + ": ";
    if (step < 0 && (!known || FramesAt(header_, granule) <= frames_)) {
      return Note(place + "met again, or out of order: not read");
    }
    const bool cut = step == 0 && CutsPacket(page);
    if (cut && Unfinished() > 0) ogg_stream_reset(&stream_);  // libogg would add what follows to it
    if (step == 0) stream_.pageno = ogg_page_pageno(&page);  // libogg does not know that 0 follows 2^32 - 1
    if (ogg_stream_pagein(&stream_, &page) != 0) return Note(place + "not valid: not read");
    expected_page_ = number + 1;
    PagePackets found = Unpack(step != 0 || cut);
    const bool last = ogg_page_eos(&page) != 0;
    if (known) {
      const uint64_t lost = FramesLost(granule, last, place, found);
      Queue(found, lost, step > 0 ? Missing(number, static_cast<uint32_t>(step)) : place);
    } else {
      if (!found.packets.empty()) Note(place + "granule position " + std::to_string(raw) + " is not valid");
      frames_ += found.frames;
      gap_ = gap_ || found.gap;
      Queue(found, 0, place);
    }
    if (last) End(known, granule, place);
  }

  // Bytes of a packet that goes on on the next page.
  uint64_t Unfinished() const { return static_cast<uint64_t>(stream_.body_fill - stream_.body_returned); }

  // Whether a page that follows in order leaves a packet without its beginning, of which libogg says nothing,
  // or the one before without its end.
  bool CutsPacket(const ogg_page& page) const {
    return (ogg_page_continued(&page) != 0) != (Unfinished() > 0);
  }

  PagePackets Unpack(bool gap) {
    PagePackets found;
    found.gap = gap || std::exchange(gap_, false);
    const auto miss = [&found] {
      if (!found.gap) found.gap_at = found.packets.size();
      found.gap = true;
    };
    ogg_packet packet;
    while (const int got = ogg_stream_packetout(&stream_, &packet)) {
      if (got < 0) {
        miss();
        continue;
      }
      if (packet.bytes == 0) continue;
      const std::span<const uint8_t> bytes(packet.packet, static_cast<size_t>(packet.bytes));
      const int frames = PacketFrames(header_.defaults, bytes);
      if (frames == 0) {
        miss();
        continue;
      }
      QvrEvent event;
      event.kind = QvrEvent::kPacket;
      event.packet.assign(bytes.begin(), bytes.end());
      event.frames = frames;
      found.packets.push_back(std::move(event));
      found.frames += static_cast<uint64_t>(frames);
    }
    // What is left is the beginning of a packet. No packet is so long; without a limit it could grow for
    // ever.
    if (Unfinished() > kMaxPacketBytes) {
      ogg_stream_reset(&stream_);
      gap_ = true;
    }
    return found;
  }

  // Moves the count of frames past a page and returns how many are missing on it or before it. Pages that
  // follow each other without a gap have lost nothing, whatever their granule positions say; a new offset
  // between count and position is believed when two pages in a row show it.
  uint64_t FramesLost(uint64_t granule, bool last, const std::string& place, const PagePackets& found) {
    const uint64_t counted = frames_ + found.frames;
    uint64_t implied = GranuleAfter(header_, counted) == granule ? counted : FramesAt(header_, granule);
    if (last) {  // its position is the length, which may lie inside the last frames, or in one frame more
      implied = std::max(implied, counted);
      if (!found.gap && implied == counted + 1 && counted > 0) implied = counted;
    }
    frames_ = counted;
    if (found.gap) {
      offset_ = 0;
      const uint64_t lost = implied > counted ? implied - counted : 0;
      frames_ += lost;
      return lost;
    }
    const int64_t offset = static_cast<int64_t>(implied) - static_cast<int64_t>(counted);
    if (offset != 0) {
      Note(place + "granule position " + std::to_string(granule) + " is " + std::to_string(offset) +
           " frames off the packets");
      if (offset == offset_) frames_ = implied;
    }
    offset_ = offset == offset_ ? 0 : offset;
    return 0;
  }

  void Queue(PagePackets& found, uint64_t lost, const std::string& place) {
    if (found.gap) Note(place + "lost or damaged (about " + std::to_string(lost) + " frames)");
    const uint64_t budget = delivered_ + kMaxLostFrames - lost_;
    const uint64_t told = std::min({lost, budget, uint64_t{kMaxLostFrames}});
    if (told < lost) Note(place + "only " + std::to_string(told) + " lost frames are made up for");
    if (told > 0) {
      QvrEvent event;
      event.kind = QvrEvent::kLost;
      event.lost_frames = static_cast<int>(told);
      found.packets.insert(found.packets.begin() + static_cast<std::ptrdiff_t>(found.gap_at),
                           std::move(event));
    }
    lost_ += told;
    delivered_ += found.frames;
    std::move(found.packets.begin(), found.packets.end(), std::back_inserter(queue_));
  }

  void End(bool known, uint64_t granule, const std::string& place) {
    ended_ = true;
    if (known) {
      const uint64_t handed = skipped_frames_ + delivered_ + lost_;
      const uint64_t most = handed == 0 ? 0 : GranuleAfter(header_, handed + 1);
      if (granule > most) Note(place + "the stream is shorter than its last granule position");
      end_.original_samples = static_cast<int64_t>(std::min(granule, most));
      for (QvrEvent& event : queue_) event.original_samples = end_.original_samples;
    }
  }

  // What follows the last page is not read; it is damage if it belongs to this stream, or begins another. The
  // packets of the last page are handed out before, since the source may keep us waiting for more. False:
  // read error.
  bool LookBehindTheLastPage() {
    ogg_page page;
    const uint64_t limit = pages_.position() + kTailBytes;
    while (true) {
      const OggPages::Outcome outcome = pages_.Next(page, limit);
      NoteSkipped();
      if (outcome == OggPages::Outcome::kError) return false;
      if (outcome == OggPages::Outcome::kEnd) break;
      if (ogg_page_bos(&page) != 0) {
        Note("another stream follows this one, at " + Place(end_.original_samples) + "; it is not read");
        break;
      }
      if (ogg_page_serialno(&page) == serial_) {
        Note("pages follow the last page; they are not read");
        break;
      }
    }
    looked_behind_ = true;
    return true;
  }

  // In seconds of the original sound; samples -1: nobody knows how many there were.
  std::string Place(int64_t samples) const {
    if (samples < 0) samples = static_cast<int64_t>(GranuleAfter(header_, frames_));
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.2f s", static_cast<double>(samples) / header_.original_rate);
    return text.data();
  }

  static std::string Missing(uint32_t number, uint32_t pages) {
    if (pages == 1) return "page " + std::to_string(number - 1) + ": ";
    return "pages " + std::to_string(number - pages) + " to " + std::to_string(number - 1) + ": ";
  }

  void NoteSkipped() {
    const uint64_t bytes = pages_.TakeSkipped();
    if (bytes == 0) return;
    Note(std::to_string(bytes) + " bytes before byte " + std::to_string(pages_.position()) +
         " are in no page with a good checksum");
  }

  void Note(std::string line) {
    if (damage_.size() < kMaxDamageLines) damage_.push_back(std::move(line));
  }

  OggPages pages_;
  ByteSeek seek_;   // may be null
  QvrPlace start_;  // of the first page of packets
  std::string name_;
  QvrHeader header_;
  std::vector<QvrTag> tags_;
  ogg_stream_state stream_{};
  int serial_ = 0;
  uint32_t expected_page_ = 0;
  uint64_t frames_ = 0;          // position in the stream, lost frames included
  uint64_t delivered_ = 0;       // frames of the packets handed out
  uint64_t lost_ = 0;            // frames of the kLost handed out
  uint64_t skipped_frames_ = 0;  // before those, by Seek()
  int64_t offset_ = 0;           // frames by which the last granule position was off
  bool gap_ = false;             // something is missing, and no granule position has told how much
  std::deque<QvrEvent> queue_;
  QvrEvent end_;
  bool ended_ = false;          // nothing is queued behind what is
  bool looked_behind_ = false;  // and what follows is known
  std::vector<std::string> damage_;
};

Result<QvrReader> QvrReader::Open(ByteSource source, std::string name) {
  return Open(std::move(source), nullptr, std::move(name));
}

Result<QvrReader> QvrReader::Open(ByteSource source, ByteSeek seek, std::string name) {
  auto impl = std::make_unique<Impl>(std::move(source), std::move(seek), std::move(name));
  if (Status status = impl->ReadHeaders(); !status.ok()) return status.error();
  return QvrReader(std::move(impl));
}

QvrReader::QvrReader(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
QvrReader::~QvrReader() = default;
QvrReader::QvrReader(QvrReader&&) noexcept = default;
QvrReader& QvrReader::operator=(QvrReader&&) noexcept = default;

const QvrHeader& QvrReader::header() const noexcept { return impl_->header(); }
const std::vector<QvrTag>& QvrReader::tags() const noexcept { return impl_->tags(); }
Result<QvrEvent> QvrReader::Next() { return impl_->Next(); }
Result<uint64_t> QvrReader::Seek(uint64_t frame) { return impl_->Seek(frame); }
const std::vector<std::string>& QvrReader::damage() const noexcept { return impl_->damage(); }

}  // namespace quaver
