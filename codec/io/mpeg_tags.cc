#include "codec/io/mpeg_tags.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "codec/io/comment_tags.h"
#include "codec/io/vorbis_comments.h"

namespace quaver::internal {
namespace {

struct Frame {
  std::string_view id;
  std::string_view name;
};
// As MusicBrainz Picard names them (https://picard-docs.musicbrainz.org, "Tag mapping").
constexpr std::array kFrames =
    std::to_array<Frame>({{"TIT2", "TITLE"},        {"TPE1", "ARTIST"},     {"TALB", "ALBUM"},
                          {"TDRC", "DATE"},         {"TYER", "DATE"},       {"TCON", "GENRE"},
                          {"TRCK", "TRACKNUMBER"},  {"TCOP", "COPYRIGHT"},  {"TPE2", "ALBUMARTIST"},
                          {"TPE3", "CONDUCTOR"},    {"TPE4", "REMIXER"},    {"TCOM", "COMPOSER"},
                          {"TEXT", "LYRICIST"},     {"TPOS", "DISCNUMBER"}, {"TSST", "DISCSUBTITLE"},
                          {"TIT1", "GROUPING"},     {"TIT3", "SUBTITLE"},   {"TPUB", "LABEL"},
                          {"TSRC", "ISRC"},         {"TLAN", "LANGUAGE"},   {"TDOR", "ORIGINALDATE"},
                          {"TORY", "ORIGINALDATE"}, {"TMED", "MEDIA"},      {"TMOO", "MOOD"},
                          {"TBPM", "BPM"},          {"TKEY", "KEY"},        {"TSOT", "TITLESORT"},
                          {"TSOP", "ARTISTSORT"},   {"TSOA", "ALBUMSORT"},  {"TSO2", "ALBUMARTISTSORT"},
                          {"TSOC", "COMPOSERSORT"}});

void Add(std::string_view name, std::string value, std::vector<SoundTag>& tags) {
  if (!value.empty()) tags.push_back({std::string(name), std::move(value)});
}

// Several values, which ID3v2.4 separates by zero bytes, are joined by "; ".
std::string Text(const mpg123_string* text) {
  std::string joined;
  if (text == nullptr || text->p == nullptr) return joined;
  std::string_view rest(text->p, text->fill);
  while (!rest.empty()) {
    const std::string_view value = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), value.size() + 1));
    if (!value.empty()) joined.append(joined.empty() ? "" : "; ").append(value);
  }
  return joined;
}

// Fields of ID3v1 are filled up with zero bytes or blanks.
template <size_t kSize>
std::string Fixed(const char (&field)[kSize]) {
  std::string_view text(field, kSize);
  text = text.substr(0, text.find('\0'));
  const size_t last = text.find_last_not_of(' ');
  return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

}  // namespace

std::vector<SoundTag> TagsOf(mpg123_handle* handle) {
  std::vector<SoundTag> tags;
  mpg123_id3v1* old = nullptr;
  mpg123_id3v2* tag = nullptr;
  if (mpg123_id3(handle, &old, &tag) != MPG123_OK) return tags;
  if (tag != nullptr) {
    for (const mpg123_text& text : std::span(tag->text, tag->texts)) {
      const auto* frame = std::ranges::find(kFrames, std::string_view(text.id, 4), &Frame::id);
      if (frame != kFrames.end()) Add(frame->name, Text(&text.text), tags);
    }
    // Frames of the user's own (TXXX), under their descriptions.
    for (const mpg123_text& text : std::span(tag->extra, tag->extras)) {
      const std::string name = Capitals(Text(&text.description));
      if (IsCommentName(name) && !IsAboutTheFile(name)) Add(name, Text(&text.text), tags);
    }
    Add("COMMENT", Text(tag->comment), tags);
  }
  if (tags.empty() && old != nullptr) {
    Add("TITLE", Fixed(old->title), tags);
    Add("ARTIST", Fixed(old->artist), tags);
    Add("ALBUM", Fixed(old->album), tags);
    Add("DATE", Fixed(old->year), tags);
    Add("COMMENT", Fixed(old->comment), tags);
  }
  return tags;
}

}  // namespace quaver::internal
