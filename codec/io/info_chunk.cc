#include "codec/io/info_chunk.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "codec/io/header_bytes.h"

namespace quaver::internal {
namespace {

constexpr size_t kMaxValue = size_t{1} << 16;  // bytes of a value that are read
constexpr int kMaxLooked = 100000;             // chunks and entries that are looked at

struct Field {
  std::string_view id;
  std::string_view name;
};
constexpr std::array kFields = std::to_array<Field>({{"INAM", "TITLE"},
                                                     {"IART", "ARTIST"},
                                                     {"IPRD", "ALBUM"},
                                                     {"ICRD", "DATE"},
                                                     {"IGNR", "GENRE"},
                                                     {"ITRK", "TRACKNUMBER"},
                                                     {"IPRT", "TRACKNUMBER"},  // ffmpeg's
                                                     {"ICMT", "COMMENT"},
                                                     {"ICOP", "COPYRIGHT"}});

void Append(std::vector<uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void AppendLength(std::vector<uint8_t>& bytes, size_t length) {
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(length >> 8 * i));
}

struct Chunk {
  std::string id;
  uint64_t begin = 0;  // byte of what is in it
  uint64_t end = 0;
};

// Calls `visit` for the chunks of [begin, end), as long as `left`, their number, lasts.
template <class Visit>
void ForChunks(const BytesAt& bytes, uint64_t begin, uint64_t end, bool big_endian, int& left,
               const Visit& visit) {
  std::array<uint8_t, 8> header{};
  while (left >= 0 && begin + header.size() <= end) {
    if (!Has(bytes, begin, header) || --left < 0) return;
    const uint64_t length = Number(std::span(header).last(4), big_endian);
    begin += header.size();
    visit(Chunk{std::string(reinterpret_cast<const char*>(header.data()), 4), begin,
                std::min(end, begin + length)});
    begin += length + length % 2;
  }
}

// Up to the first zero byte.
std::string Value(const BytesAt& bytes, const Chunk& chunk) {
  std::string value(static_cast<size_t>(std::min<uint64_t>(chunk.end - chunk.begin, kMaxValue)), '\0');
  value.resize(bytes(chunk.begin, {reinterpret_cast<uint8_t*>(value.data()), value.size()}));
  return value.substr(0, value.find('\0'));
}

}  // namespace

std::string_view InfoId(std::string_view name) {
  const auto* field = std::ranges::find(kFields, name, &Field::name);
  return field == kFields.end() ? std::string_view() : field->id;
}

std::vector<uint8_t> WriteInfoChunk(std::span<const SoundTag> tags) {
  std::vector<uint8_t> fields;
  for (const SoundTag& tag : tags) {
    Append(fields, InfoId(tag.name));
    AppendLength(fields, tag.value.size() + 1);
    Append(fields, tag.value);
    fields.push_back(0);
    if (fields.size() % 2 > 0) fields.push_back(0);
  }
  std::vector<uint8_t> chunk;
  if (fields.empty()) return chunk;
  Append(chunk, "LIST");
  AppendLength(chunk, 4 + fields.size());
  Append(chunk, "INFO");
  chunk.insert(chunk.end(), fields.begin(), fields.end());
  return chunk;
}

bool ReadInfoChunks(const BytesAt& bytes, uint64_t begin, uint64_t end, bool big_endian,
                    std::vector<SoundTag>& tags) {
  int left = kMaxLooked;
  ForChunks(bytes, begin, end, big_endian, left, [&](const Chunk& list) {
    std::array<uint8_t, 4> type{};
    if (list.id != "LIST" || bytes(list.begin, type) < type.size() ||
        std::memcmp(type.data(), "INFO", 4) != 0) {
      return;
    }
    ForChunks(bytes, list.begin + 4, list.end, big_endian, left, [&](const Chunk& chunk) {
      const auto* field = std::ranges::find(kFields, chunk.id, &Field::id);
      if (field == kFields.end()) return;
      std::string value = Value(bytes, chunk);
      if (!value.empty()) tags.push_back({std::string(field->name), std::move(value)});
    });
  });
  return left >= 0;
}

std::string TooManyChunksText() {
  return "has more than " + std::to_string(kMaxLooked) + " chunks of tags; the rest are left out";
}

}  // namespace quaver::internal
