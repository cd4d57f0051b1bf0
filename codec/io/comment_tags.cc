#include "codec/io/comment_tags.h"

#include <ogg/ogg.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>

#include "codec/io/header_bytes.h"
#include "codec/io/vorbis_comments.h"

namespace quaver::internal {
namespace {

constexpr uint64_t kMaxOgg = uint64_t{1} << 24;  // bytes in which the comments end; FLAC has no more either
constexpr size_t kPage = 1 << 16;                // bytes read at a time
constexpr uint8_t kLastBlock = 0x80;             // of FLAC's metadata
constexpr uint8_t kCommentBlock = 4;
constexpr uint8_t kInvalidBlock = 127;

void AddComments(std::span<const uint8_t> list, CommentTags& found) {
  size_t refused = 0;
  const Status whole = CommentReader(list).ForEach([&](std::string_view text) {
    const auto comment = SplitComment(text);
    if (!comment) {
      ++refused;
      return;
    }
    SoundTag tag{Capitals(comment->name), std::string(comment->value)};
    std::erase(tag.value, '\0');
    if (!tag.value.empty() && !IsAboutTheFile(tag.name)) found.tags.push_back(std::move(tag));
  });
  if (!whole.ok()) found.notes.push_back("its tags are damaged (" + whole.message() + ")");
  if (refused > 0)
    found.notes.push_back(std::to_string(refused) + " of its tags have no valid name and are left out");
}

// Fewer bytes than `length` if the file ends.
std::vector<uint8_t> Block(const BytesAt& bytes, uint64_t at, uint64_t length) {
  std::vector<uint8_t> block(static_cast<size_t>(length));
  block.resize(bytes(at, block));
  return block;
}

// The packets of the first stream of an Ogg file, one after the other.
class OggPackets {
 public:
  explicit OggPackets(const BytesAt& bytes) : bytes_(bytes) { ogg_sync_init(&sync_); }
  ~OggPackets() {
    ogg_sync_clear(&sync_);
    if (started_) ogg_stream_clear(&stream_);
  }
  OggPackets(const OggPackets&) = delete;
  OggPackets& operator=(const OggPackets&) = delete;

  // None at the end, behind a gap, and beyond kMaxOgg.
  std::optional<std::span<const uint8_t>> Next() {
    ogg_packet packet;
    for (;;) {
      if (started_) {
        const int got = ogg_stream_packetout(&stream_, &packet);
        if (got < 0) return std::nullopt;
        if (got > 0) return std::span<const uint8_t>(packet.packet, static_cast<size_t>(packet.bytes));
      }
      if (!NextPage()) return std::nullopt;
    }
  }

 private:
  bool NextPage() {
    ogg_page page;
    int got = 0;
    while ((got = ogg_sync_pageout(&sync_, &page)) <= 0) {
      if (got == 0 && !Fill()) return false;
    }
    if (!started_) {
      if (ogg_stream_init(&stream_, ogg_page_serialno(&page)) != 0) throw std::bad_alloc();
      started_ = true;
    }
    ogg_stream_pagein(&stream_, &page);  // pages of other streams are refused
    return true;
  }

  bool Fill() {
    if (read_ >= kMaxOgg) return false;
    char* room = ogg_sync_buffer(&sync_, kPage);
    if (room == nullptr) throw std::bad_alloc();
    const size_t count = bytes_(read_, {reinterpret_cast<uint8_t*>(room), kPage});
    ogg_sync_wrote(&sync_, static_cast<long>(count));
    read_ += count;
    return count > 0;
  }

  const BytesAt& bytes_;
  ogg_sync_state sync_{};
  ogg_stream_state stream_{};
  bool started_ = false;
  uint64_t read_ = 0;
};

}  // namespace

bool IsAboutTheFile(std::string_view name) {
  static constexpr std::array kNames = std::to_array<std::string_view>(
      {"ENCODER", "ENCODER_OPTIONS", "METADATA_BLOCK_PICTURE", "COVERART", "COVERARTMIME", "R128_TRACK_GAIN",
       "R128_ALBUM_GAIN", "WAVEFORMATEXTENSIBLE_CHANNEL_MASK"});
  return std::ranges::find(kNames, name) != kNames.end();
}

std::optional<CommentTags> ReadFlacTags(const BytesAt& bytes) {
  uint64_t at = 0;
  std::array<uint8_t, 10> id3{};
  if (Has(bytes, 0, id3) && Text(std::span(id3).first(3)) == "ID3") {
    for (const uint8_t byte : std::span(id3).subspan(6)) at = at << 7 | (byte & 0x7F);
    at += id3.size();
  }
  std::array<uint8_t, 4> header{};
  if (!Has(bytes, at, header) || Text(header) != "fLaC") return std::nullopt;
  at += header.size();
  std::optional<CommentTags> found;
  for (int blocks = 0; blocks < kMaxChunks && Has(bytes, at, header); ++blocks) {
    const uint64_t length = Number(std::span(header).subspan(1), true);
    const uint8_t type = header[0] & ~kLastBlock;
    if (type == kInvalidBlock) break;
    at += header.size();
    if (type == kCommentBlock) {
      if (!found) found.emplace();
      AddComments(Block(bytes, at, length), *found);
    }
    at += length;
    if ((header[0] & kLastBlock) != 0) break;
  }
  return found;
}

std::optional<CommentTags> ReadOggTags(const BytesAt& bytes) {
  OggPackets packets(bytes);
  const auto first = packets.Next();
  if (!first) return std::nullopt;
  const std::string_view id = Text(*first);
  const bool flac = id.starts_with(
      "\x7F"
      "FLAC");
  const std::string_view magic = id.starts_with("OpusHead")     ? "OpusTags"
                                 : id.starts_with("\x01vorbis") ? "\x03vorbis"
                                                                : "";
  if (!flac && magic.empty() && !id.starts_with("Speex   ")) return std::nullopt;
  for (int blocks = 0; blocks < kMaxChunks; ++blocks) {
    const auto packet = packets.Next();
    if (!packet) return std::nullopt;
    if (!flac && !Text(*packet).starts_with(magic)) return std::nullopt;
    const bool comments = !flac || (packet->size() >= 4 && (packet->front() & ~kLastBlock) == kCommentBlock);
    if (comments) {
      CommentTags found;
      AddComments(packet->subspan(flac ? 4 : magic.size()), found);
      return found;
    }
    if (packet->empty() || (packet->front() & kLastBlock) != 0) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace quaver::internal
