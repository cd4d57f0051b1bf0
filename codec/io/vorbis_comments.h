// Internal: the list of comments that Vorbis, Opus, FLAC and .qvr have
// (https://xiph.org/vorbis/doc/v-comment.html): the name of the encoder, a number, and so many "NAME=value".
// Each text has its length before it, in 32 bits, little-endian.
#ifndef QUAVER_CODEC_IO_VORBIS_COMMENTS_H_
#define QUAVER_CODEC_IO_VORBIS_COMMENTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/io/header_bytes.h"
#include "codec/status.h"

namespace quaver::internal {

struct VorbisComment {
  std::string_view name;
  std::string_view value;
};

inline bool IsCommentName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '}' && c != '='; });
}

// What one takes in a list: its length, the name, a '=' and the value.
inline size_t CommentBytes(const VorbisComment& comment) {
  return sizeof(uint32_t) + comment.name.size() + 1 + comment.value.size();
}

// None if it does not begin with such a name and a '='.
inline std::optional<VorbisComment> SplitComment(std::string_view text) {
  const size_t name = text.find('=');
  if (name == std::string_view::npos || !IsCommentName(text.substr(0, name))) return std::nullopt;
  return VorbisComment{text.substr(0, name), text.substr(name + 1)};
}

// Takes a list apart.
class CommentReader {
 public:
  explicit CommentReader(std::span<const uint8_t> list) : rest_(list) {}

  // Calls `visit` with the text of every comment. An error if a length does not stay inside the list: those
  // before it have been visited.
  template <class Visit>
  Status ForEach(const Visit& visit) {
    std::string_view text;
    if (!Next(text)) return Error{"vendor string runs past the end"};
    uint32_t comments = 0;
    if (!Number(comments)) return Error{"ends before the number of comments"};
    for (uint32_t i = 0; i < comments; ++i) {
      if (!Next(text)) {
        return Error{"comment " + std::to_string(i) + " of " + std::to_string(comments) +
                     " runs past the end"};
      }
      visit(text);
    }
    return {};
  }

 private:
  bool Number(uint32_t& value) {
    if (rest_.size() < 4) return false;
    value = static_cast<uint32_t>(internal::Number(rest_.first(4), /*big_endian=*/false));
    rest_ = rest_.subspan(4);
    return true;
  }
  bool Next(std::string_view& text) {
    uint32_t length = 0;
    if (!Number(length) || length > rest_.size()) return false;
    text = {reinterpret_cast<const char*>(rest_.data()), length};
    rest_ = rest_.subspan(length);
    return true;
  }

  std::span<const uint8_t> rest_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_IO_VORBIS_COMMENTS_H_
