#include "codec/container/qvr_tags.h"

#include <string>

#include "codec/io/vorbis_comments.h"
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

}  // namespace

size_t TagBytes(const QvrTag& tag) { return internal::CommentBytes({tag.name, tag.value}); }

Status CheckTags(std::span<const QvrTag> tags) {
  size_t bytes = 0;
  for (const QvrTag& tag : tags) {
    const std::string number = "tag " + std::to_string(&tag - tags.data());
    if (!internal::IsCommentName(tag.name))
      return Error{number + ": the name must be of ASCII characters without ="};
    if (!IsValidUtf8(tag.value)) return Error{number + " (" + tag.name + "): the value is not UTF-8"};
    bytes += TagBytes(tag);
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
  const Status whole =
      internal::CommentReader(packet.subspan(kCommentMagic.size())).ForEach([&](std::string_view text) {
        const auto comment = internal::SplitComment(text);
        if (comment && IsValidUtf8(comment->value))
          tags.push_back({std::string(comment->name), std::string(comment->value)});
      });
  return whole.ok() ? whole : Error{"comment header: " + whole.message()};
}

}  // namespace quaver
