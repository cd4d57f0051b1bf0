// Text of others: is it UTF-8?
#ifndef QUAVER_CODEC_UTIL_UTF8_H_
#define QUAVER_CODEC_UTIL_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quaver {

struct Utf8Character {
  uint32_t code = 0;
  size_t bytes = 0;  // 0: the text is empty, or does not begin with a character
};

// The first character, by RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
inline Utf8Character DecodeUtf8(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (text.size() <= more) return {};
  uint32_t code = lead & (0x3F >> more);
  for (size_t k = 1; k <= more; ++k) {
    if ((static_cast<uint8_t>(text[k]) & 0xC0) != 0x80) return {};
    code = code << 6 | (static_cast<uint8_t>(text[k]) & 0x3F);
  }
  constexpr uint32_t kFirst[] = {0, 0x80, 0x800, 0x10000};
  if (code < kFirst[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, more + 1};
}

inline bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t bytes = DecodeUtf8(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

// Itself if it is UTF-8, otherwise read as ISO 8859-1, in which every byte is a character.
inline std::string AsUtf8(std::string_view text) {
  if (IsValidUtf8(text)) return std::string(text);
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) utf8 += static_cast<char>(0xC0 | byte >> 6);
    utf8 += byte < 0x80 ? c : static_cast<char>(0x80 | (byte & 0x3F));
  }
  return utf8;
}

}  // namespace quaver

#endif  // QUAVER_CODEC_UTIL_UTF8_H_
