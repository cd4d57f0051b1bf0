// libsndfile reads a CAF as far as its header says and no further, and a NIST and a VOC to the end of the
// file, whatever the header says. A VOC consists of blocks of at most 16 MiB: the first one with samples is
// taken for all of them, as libsndfile does, so that what follows it counts as longer than the header says.
#include "codec/io/seekable_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "codec/io/header_bytes.h"

namespace quaver::internal {
namespace {

constexpr std::string_view kVoc = "Creative Voice File\x1A";

std::optional<SampleData> FindInCaf(const BytesAt& bytes) {
  SampleData data;
  data.container = Container::kCaf;
  data.big_endian = true;
  std::array<uint8_t, 12> header{};
  uint64_t at = 8;
  for (int chunks = 0; chunks < kMaxChunks && Has(bytes, at, header); ++chunks) {
    const uint64_t length = Number(std::span(header).subspan(4), true);
    if (Text(std::span(header).first(4)) == "data") {
      data.begin = at + 16;  // behind the number of edits
      data.long_field = at + 4;
      data.length = length < 4 ? 0 : length - 4;
      data.open = length < 4 || length >= INT64_MAX;  // -1: up to the end of the file
      return data;
    }
    if (length > INT64_MAX - at - header.size()) break;
    at += header.size() + length;
  }
  return std::nullopt;
}

// The value of a line "NAME -i VALUE"; -1 if there is none.
int64_t NistField(std::string_view header, const std::string& name) {
  const size_t begin = header.find("\n" + name + " -i ");
  if (begin == std::string_view::npos) return -1;
  std::string_view text = header.substr(begin + name.size() + 5);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
  int64_t value = -1;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : -1;
}

std::optional<SampleData> FindInNist(const BytesAt& bytes) {
  std::array<uint8_t, 1024> room{};
  if (!Has(bytes, 0, room)) return std::nullopt;
  std::string_view header = Text(room);
  header = header.substr(0, header.find("\nend_head"));
  SampleData data;
  data.container = Container::kNist;
  data.begin = room.size();
  const int64_t count = NistField(header, "sample_count");
  const int64_t channels = std::max<int64_t>(1, NistField(header, "channel_count"));
  const int64_t width = NistField(header, "sample_n_bytes");
  constexpr int64_t kMost = int64_t{1} << 40;
  if (width < 1 || width > 8 || channels > 1024) return std::nullopt;
  data.open = count <= 0 || count > kMost;
  data.length = data.open ? 0 : static_cast<uint64_t>(count * channels * width);
  return data;
}

std::optional<SampleData> FindInVoc(const BytesAt& bytes) {
  SampleData data;
  data.container = Container::kVoc;
  std::array<uint8_t, 2> start{};
  if (!Has(bytes, kVoc.size(), start)) return std::nullopt;
  uint64_t at = Number(start, false);
  std::array<uint8_t, 4> header{};
  for (int blocks = 0; blocks < kMaxChunks && Has(bytes, at, header); ++blocks) {
    const uint64_t length = Number(std::span(header).subspan(1), false);
    if (header[0] == 1 || header[0] == 9) {
      const uint64_t fields = header[0] == 1 ? 2 : 12;
      data.begin = at + header.size() + fields;
      data.length = length < fields ? 0 : length - fields;
      data.open = length < fields || length >= 0xFFFFF0;
      return data;
    }
    if (header[0] == 0) break;
    at += header.size() + length;
  }
  return std::nullopt;
}

}  // namespace

std::optional<SampleData> FindSeekableData(const BytesAt& bytes) {
  std::array<uint8_t, kVoc.size()> start{};
  if (!Has(bytes, 0, start)) return std::nullopt;
  const std::string_view text = Text(start);
  if (text.starts_with("caff")) return FindInCaf(bytes);
  if (text.starts_with("NIST_1A\n   1024\n")) return FindInNist(bytes);
  if (text == kVoc) return FindInVoc(bytes);
  return std::nullopt;
}

}  // namespace quaver::internal
