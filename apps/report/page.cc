#include "apps/report/page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

extern "C" {
extern const char kQuaverReportPageBegin[];
extern const char kQuaverReportPageEnd[];
extern const char kQuaverReportStyleBegin[];
extern const char kQuaverReportStyleEnd[];
extern const char kQuaverReportScriptBegin[];
extern const char kQuaverReportScriptEnd[];
}

namespace quaver {
namespace {

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

// Inside <script> only '<' can end the data; in JSON it stands in strings alone.
std::string AsScriptData(const nlohmann::ordered_json& data) {
  const std::string text = data.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string MakePage(const nlohmann::ordered_json& data) {
  std::string out;
  std::string_view page = Between(kQuaverReportPageBegin, kQuaverReportPageEnd);
  const std::string json = AsScriptData(data);
  const std::pair<std::string_view, std::string_view> parts[] = {
      {"/*STYLE*/", Between(kQuaverReportStyleBegin, kQuaverReportStyleEnd)},
      {"/*DATA*/", json},
      {"/*SCRIPT*/", Between(kQuaverReportScriptBegin, kQuaverReportScriptEnd)}};
  for (const auto& [mark, content] : parts) {  // in the order in which the page has them
    const size_t at = page.find(mark);
    if (at == std::string_view::npos) continue;
    out += page.substr(0, at);
    out += content;
    page.remove_prefix(at + mark.size());
  }
  out += page;
  return out;
}

std::string Base64(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0u);
    for (size_t j = 0; j < 4; ++j) out += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace quaver
