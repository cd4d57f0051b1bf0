#include "codec/io/sound_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "codec/io/header_bytes.h"

namespace quaver::internal {
namespace {

constexpr uint64_t kWrap = uint64_t{1} << 32;
constexpr uint64_t kMaxUnknownChunks = 1 << 24;  // bytes of them behind the samples: noise is rarely so short
// What programs write for "not known", less the header and the last incomplete sample: sox 0x7F000000 (AIFF)
// and 0x7FFFF000 (WAV), arecord 0x80000000, others 0x7FFFFFFF and 0xFFFFFFFF.
bool IsPlaceholder(uint64_t length) {
  constexpr uint64_t kSlack = 512;
  for (const uint64_t value : {0x7F000000U, 0x7FFFF000U, 0x80000000U, 0xFFFFFFFFU}) {
    if (length <= value && length + kSlack > value) return true;
  }
  return length > INT64_MAX;
}

std::optional<SampleData> FindInRiff(const BytesAt& bytes, std::span<const uint8_t> start) {
  const std::string_view magic = Text(start.first(4));
  SampleData data;
  data.big_endian = magic == "RIFX";
  data.container = magic == "RF64" || magic == "BW64" ? Container::kRf64 : Container::kWav;
  uint64_t riff = Number(start.subspan(4, 4), data.big_endian);
  uint64_t long_length = UINT64_MAX;
  std::array<uint8_t, 8> header{};
  uint64_t at = 12;
  for (int chunks = 0; chunks < kMaxChunks && Has(bytes, at, header); ++chunks) {
    const std::string_view id = Text(std::span(header).first(4));
    const uint64_t length = Number(std::span(header).subspan(4), data.big_endian);
    std::array<uint8_t, 16> sizes{};
    if (id == "ds64" && Has(bytes, at + 8, sizes)) {
      riff = Number(std::span(sizes).first(8), false);
      long_length = Number(std::span(sizes).subspan(8), false);
      data.long_field = at + 16;
    }
    if (id == "fmt " && Has(bytes, at + 8, sizes)) {
      const auto field = [&](size_t begin) {
        return Number(std::span(sizes).subspan(begin, 2), data.big_endian);
      };
      data.ambiguous = field(0) == 1 && field(14) == 24 && field(12) == 4 * field(2);
    }
    if (id == "data") {
      data.begin = at + 8;
      data.length_field = at + 4;
      data.container_end = std::min(riff, UINT64_MAX - 8) + 8;
      const bool is_long = data.container == Container::kRf64 && length == kWrap - 1;
      data.length = is_long ? long_length : length;
      const bool riff_unknown =
          data.container_end <= data.begin || IsPlaceholder(riff) || IsPlaceholder(riff + 8);
      data.open = data.length == 0 ? riff_unknown : IsPlaceholder(data.length);
      return data;
    }
    at += 8 + length + length % 2;
  }
  return std::nullopt;
}

std::optional<SampleData> FindInAiff(const BytesAt& bytes, std::span<const uint8_t> start) {
  SampleData data;
  data.container = Container::kAiff;
  data.big_endian = true;
  const uint64_t form = Number(start.subspan(4, 4), true);
  std::array<uint8_t, 12> header{};
  uint64_t at = 12;
  for (int chunks = 0; chunks < kMaxChunks && Has(bytes, at, header); ++chunks) {
    const uint64_t length = Number(std::span(header).subspan(4, 4), true);
    if (Text(std::span(header).first(4)) == "SSND") {
      const uint64_t offset = Number(std::span(header).subspan(8), true);
      data.begin = at + 16 + offset;
      data.length_field = at + 4;
      data.container_end = form + 8;
      data.length = length < 8 + offset ? 0 : length - 8 - offset;
      const bool form_unknown =
          data.container_end <= data.begin || IsPlaceholder(form) || IsPlaceholder(form + 8);
      data.open = data.length == 0 ? form_unknown : IsPlaceholder(length) || IsPlaceholder(data.length);
      return data;
    }
    at += 8 + length + length % 2;
  }
  return std::nullopt;
}

std::optional<SampleData> FindInAu(std::span<const uint8_t> start) {
  SampleData data;
  data.container = Container::kAu;
  data.big_endian = Text(start.first(4)) == ".snd";
  data.begin = Number(start.subspan(4, 4), data.big_endian);
  data.length_field = 8;
  data.length = Number(start.subspan(8, 4), data.big_endian);
  data.open = data.length == 0 || IsPlaceholder(data.length);
  if (data.begin < 24) return std::nullopt;
  return data;
}

constexpr size_t kGuid = 16;

std::optional<SampleData> FindInW64(const BytesAt& bytes) {
  SampleData data;
  data.container = Container::kW64;
  std::array<uint8_t, kGuid + 8> header{};
  if (!Has(bytes, 0, header)) return std::nullopt;
  data.container_end = Number(std::span(header).subspan(kGuid), false);
  uint64_t at = 40;  // behind riff, its size and wave
  for (int chunks = 0; chunks < kMaxChunks && Has(bytes, at, header); ++chunks) {
    const uint64_t length = Number(std::span(header).subspan(kGuid), false);  // with the header
    if (Text(std::span(header).first(4)) == "data") {
      data.begin = at + header.size();
      data.length = length < header.size() ? 0 : length - header.size();
      data.open = length > INT64_MAX || (data.length == 0 && data.container_end <= data.begin);
      return data;
    }
    if (length < header.size() || length > INT64_MAX) break;
    at += (length + 7) / 8 * 8;
  }
  return std::nullopt;
}

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '_';
}

bool IsKnownId(std::string_view id) {
  static constexpr std::array<std::string_view, 35> kKnown = {
      "LIST", "INFO", "id3 ", "ID3 ", "bext", "iXML", "cue ", "smpl", "inst", "fact", "PEAK", "JUNK",
      "junk", "PAD ", "FLLR", "acid", "_PMX", "cart", "afsp", "DISP", "plst", "axml", "chna", "NAME",
      "AUTH", "(c) ", "ANNO", "MARK", "INST", "MIDI", "AESD", "APPL", "COMT", "CHAN", "umid"};
  return std::ranges::find(kKnown, id) != kKnown.end();
}

bool IsCafId(std::string_view id) {
  static constexpr std::array<std::string_view, 15> kKnown = {"free", "info", "strg", "mark", "regn",
                                                              "inst", "midi", "ovvw", "peak", "edct",
                                                              "umid", "uuid", "chan", "kuki", "pakt"};
  return std::ranges::find(kKnown, id) != kKnown.end();
}

bool HasChunks(Container container) {
  return container != Container::kAu && container != Container::kNist && container != Container::kVoc;
}

// The length has so many values before it begins again at 0; 0: it does not.
uint64_t WrapOf(Container container) {
  if (container == Container::kVoc) return uint64_t{1} << 24;
  const bool wide =
      container == Container::kW64 || container == Container::kCaf || container == Container::kNist;
  return wide ? 0 : kWrap;
}

// Do chunks that are not sound fill the file from `at` to its end?
bool ChunksFill(const SampleData& data, uint64_t at, uint64_t size, const BytesAt& bytes) {
  std::array<uint8_t, 24> room{};  // of the largest header
  const std::span header = std::span(room).first(ChunkHeaderBytes(data.container));
  // What is too short for a chunk is sound, except for a byte of padding.
  if (size > at + 1 && size - at < header.size()) return false;
  while (at + header.size() <= size) {
    uint64_t next = 0;
    if (!Has(bytes, at, header) || !IsChunkBehind(data, header, at, next)) return false;
    at = next;
  }
  return true;
}

std::optional<SampleData> FindByHeader(const BytesAt& bytes) {
  std::array<uint8_t, 12> start{};
  if (!Has(bytes, 0, start)) return std::nullopt;
  const std::string_view magic = Text(std::span(start).first(4));
  const std::string_view type = Text(std::span(start).subspan(8));
  if (magic == "RIFF" || magic == "RIFX" || magic == "RF64" || magic == "BW64") {
    return type == "WAVE" ? FindInRiff(bytes, start) : std::nullopt;
  }
  if (magic == "FORM") return type == "AIFF" || type == "AIFC" ? FindInAiff(bytes, start) : std::nullopt;
  if (magic == ".snd" || magic == "dns.") return FindInAu(start);
  if (magic == "riff") return FindInW64(bytes);
  return std::nullopt;
}

uint64_t Padded(const SampleData& data, uint64_t end) { return end + PaddingBehind(data.container, end); }

}  // namespace

std::optional<SampleData> FindSampleData(const BytesAt& bytes) {
  auto found = FindByHeader(bytes);
  // Some headers say where the samples begin: is the file so long?
  std::array<uint8_t, 1> last{};
  if (found && !Has(bytes, found->begin - 1, last)) return std::nullopt;
  return found;
}

bool BeginsSoundFile(std::span<const uint8_t> start) {
  const std::string_view text = Text(start);
  if (text.size() < 12) return false;
  if (text.starts_with("RIFF") || text.starts_with("RF64")) return text.substr(8, 4) == "WAVE";
  if (text.starts_with("FORM")) return text.substr(8, 4) == "AIFF" || text.substr(8, 4) == "AIFC";
  return text.starts_with(".snd") || text.starts_with(std::string_view("caff\0\1", 6)) ||
         text.starts_with("NIST_1A\n") || text.starts_with("Creative Voi");
}

uint64_t PaddingBehind(Container container, uint64_t end) {
  if (container == Container::kVoc) return 1;  // the block that ends it
  if (container == Container::kAu || container == Container::kCaf || container == Container::kNist) return 0;
  return container == Container::kW64 ? (8 - end % 8) % 8 : end % 2;
}

void TameHeader(const SampleData& data, std::span<uint8_t> header) {
  constexpr uint8_t kTop = 0x3F;  // of a length of about 1 GiB
  for (uint64_t at = 12; IsRiff(data.container) && at + 8 <= std::min<uint64_t>(data.begin, header.size());) {
    const std::span<uint8_t> id = header.subspan(at, 4);
    if (Text(id) == "LIST") std::ranges::copy(std::string_view("JUNK"), id.begin());
    const uint64_t length = Number(header.subspan(at + 4, 4), data.big_endian);
    at += 8 + length + length % 2;
  }
  if (!data.open) return;
  if (data.long_field > 0 && data.long_field + 8 <= header.size()) {
    std::ranges::fill(header.subspan(data.long_field, 8), uint8_t{0});
    header[data.long_field + (data.big_endian ? 4 : 3)] = kTop;
  }
}

// An identifier that is in use behind samples, or text inside the outermost chunk. Noise is hardly ever
// either.
bool IsChunkBehind(const SampleData& data, std::span<const uint8_t> header, uint64_t at, uint64_t& next) {
  if (!HasChunks(data.container) || header.size() < ChunkHeaderBytes(data.container)) return false;
  const std::string_view id = Text(header.first(4));
  if (data.container == Container::kW64) {
    const uint64_t length = Number(header.subspan(kGuid), false);
    if (length < header.size() || length > INT64_MAX - at) return false;
    next = at + (length + 7) / 8 * 8;
  } else if (data.container == Container::kCaf) {
    const uint64_t length = Number(header.subspan(4), true);
    if (length > INT64_MAX - at - header.size()) return false;
    next = at + header.size() + length;
    return IsCafId(id);
  } else {
    const uint64_t length = Number(header.subspan(4, 4), data.big_endian);
    next = at + 8 + length + length % 2;
  }
  if (IsKnownId(id)) return true;
  const uint64_t end = Padded(data, data.container_end);
  return std::ranges::all_of(id, IsIdCharacter) && next <= end && end - at <= kMaxUnknownChunks;
}

// The samples end where the header says, or there and a multiple of 4 GiB later, if what follows is no sound
// up to the end of the file. If that fits nowhere, the end of the file is their end.
SampleEnd FindSampleEnd(const SampleData& data, uint64_t size, const BytesAt& bytes) {
  SampleEnd found;
  found.end = size;
  if (size <= data.begin) {
    found.end = data.begin;
    found.missing = data.open ? 0 : data.length;
    return found;
  }
  const uint64_t there = size - data.begin;
  if (data.open) return found;
  if (data.length > there) {
    found.missing = data.length - there;
    return found;
  }
  const uint64_t wrap = WrapOf(data.container);
  for (uint64_t length = data.length; length <= there; length += wrap) {
    const uint64_t end = data.begin + length;
    const bool first = length == data.length;
    if (ChunksFill(data, Padded(data, end), size, bytes) || (!first && end == size)) {
      found.end = end;
      found.beyond = length - data.length;
      found.wrapped = !first;
      return found;
    }
    std::array<uint8_t, 12> start{};
    if (first && Has(bytes, Padded(data, end), start) && BeginsSoundFile(start)) {
      found.end = end;
      found.another = true;
      return found;
    }
    if (wrap == 0) break;
  }
  found.beyond = size - data.begin - data.length;
  return found;
}

}  // namespace quaver::internal
