#include "codec/container/qvr_tags.h"

#include <algorithm>
#include <string>

#include "codec/util/utf8.h"

namespace quaver {
namespace {

constexpr std::string_view kVendor = "Quaver";

void Append(std::string_view text, std::vector<uint8_t>& bytes) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void AppendNumber(size_t value, std::vector<uint8_t>& bytes) {
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

bool ValidName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '}' && c != '='; });
}

// Strings with their lengths before them.
class Strings {
 public:
  explicit Strings(std::span<const uint8_t> rest) : rest_(rest) {}

  bool Number(uint32_t& value) {
    if (rest_.size() < 4) return false;
    value = 0;
    for (size_t i = 0; i < 4; ++i) value |= static_cast<uint32_t>(rest_[i]) << (8 * i);
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

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace

Status CheckTags(std::span<const QvrTag> tags) {
  size_t bytes = 0;
  for (const QvrTag& tag : tags) {
    const std::string number = "tag " + std::to_string(&tag - tags.data());
    if (!ValidName(tag.name)) return Error{number + ": the name must be of ASCII characters without ="};
    if (!IsValidUtf8(tag.value)) return Error{number + " (" + tag.name + "): the value is not UTF-8"};
    bytes += 5 + tag.name.size() + tag.value.size();
  }
  if (bytes <= kMaxQvrTagBytes) return {};
  return Error{"tags of " + std::to_string(bytes) + " bytes, at most " + std::to_string(kMaxQvrTagBytes) +
               " are allowed"};
}

std::vector<uint8_t> WriteCommentHeader(std::span<const QvrTag> tags) {
  std::vector<uint8_t> bytes;
  Append(kCommentMagic, bytes);
  AppendNumber(kVendor.size(), bytes);
  Append(kVendor, bytes);
  AppendNumber(tags.size(), bytes);
  for (const QvrTag& tag : tags) {
    AppendNumber(tag.name.size() + 1 + tag.value.size(), bytes);
    Append(tag.name, bytes);
    Append("=", bytes);
    Append(tag.value, bytes);
  }
  return bytes;
}

Status ReadCommentHeader(std::span<const uint8_t> packet, std::vector<QvrTag>& tags) {
  const std::string_view start(reinterpret_cast<const char*>(packet.data()), packet.size());
  if (!start.starts_with(kCommentMagic)) return Error{"comment header: does not begin with QuavTags"};
  Strings in(packet.subspan(kCommentMagic.size()));
  std::string_view text;
  if (!in.Next(text)) return Error{"comment header: vendor string runs past the end"};
  uint32_t comments = 0;
  if (!in.Number(comments)) return Error{"comment header: ends before the number of comments"};
  for (uint32_t i = 0; i < comments; ++i) {
    if (!in.Next(text)) {
      return Error{"comment header: comment " + std::to_string(i) + " of " + std::to_string(comments) +
                   " runs past the end"};
    }
    const std::string_view name = text.substr(0, text.find('='));
    if (name.size() == text.size() || !ValidName(name) || !IsValidUtf8(text)) continue;
    tags.push_back({std::string(name), std::string(text.substr(name.size() + 1))});
  }
  return {};
}

}  // namespace quaver
