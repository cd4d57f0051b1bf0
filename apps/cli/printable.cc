#include "apps/cli/printable.h"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "codec/util/format.h"
#include "codec/util/utf8.h"

namespace quaver {
namespace {

bool IsControl(uint32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

// U+202A to U+202E and U+2066 to U+2069 change the direction, U+2028 and U+2029 end a line and a paragraph.
bool ChangesOrder(uint32_t code) {
  return (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string Escaped(uint32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code < 0x80 ? Format("\\x%02X", code) : Format("\\u%04X", code);
  }
}

// `keep`: says of a harmful character at a place whether it stays.
template <class Keep>
std::string Escape(std::string_view text, const Keep& keep) {
  std::string plain;
  for (size_t i = 0; i < text.size();) {
    const auto [code, bytes] = DecodeUtf8(text.substr(i));
    if (bytes == 0) {  // no UTF-8
      plain += Format("\\x%02X", static_cast<unsigned>(static_cast<uint8_t>(text[i])));
      ++i;
      continue;
    }
    const bool harmful = (IsControl(code) || ChangesOrder(code)) && !keep(i);
    plain += harmful ? Escaped(code) : std::string(text.substr(i, bytes));
    i += bytes;
  }
  return plain;
}

}  // namespace

std::string Printable(std::string_view text) {
  return Escape(text, [](size_t) { return false; });
}

std::string PrintableMessage(std::string_view text) {
  return Escape(text, [&](size_t i) { return text[i] == '\n' && text.substr(i + 1).starts_with(' '); });
}

std::string PrintableReport(std::string_view text) {
  return Escape(text, [&](size_t i) { return text[i] == '\n'; });
}

std::string PrintableJson(const nlohmann::json& json) {
  const std::string text = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return Escape(text, [&](size_t i) { return static_cast<uint8_t>(text[i]) < 0x80; });
}

}  // namespace quaver
