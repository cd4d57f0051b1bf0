#include "tests/train/log/event_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "codec/train/log/crc32c.h"

namespace quaver {
namespace {

template <typename T>
T Fixed(std::string_view& bytes) {
  T value{};
  if (bytes.size() < sizeof(T)) {
    ADD_FAILURE() << "ends in the middle";
    bytes = {};
    return value;
  }
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

uint64_t Varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  ADD_FAILURE() << "a varint without an end";
  return value;
}

std::string Take(std::string_view& bytes, uint64_t count) {
  EXPECT_LE(count, bytes.size());
  const std::string out(bytes.substr(0, count));
  bytes.remove_prefix(out.size());
  return out;
}

// Undoes the mask of tsl/lib/hash/crc32c.h, written down here a second time.
uint32_t Unmask(uint32_t masked) {
  const uint32_t rotated = masked - 0xA282EAD8u;
  return rotated >> 17 | rotated << 15;
}

ReadEvent ToEvent(const Message& message) {
  ReadEvent event;
  event.wall_time = message.Double(1);
  event.step = static_cast<int64_t>(message.Number(2));
  event.file_version = message.Bytes(3);
  event.session_start = message.Has(7) && ParseMessage(message.Bytes(7)).Number(1) == 1;
  if (!message.Has(5)) return event;
  const Message summary = ParseMessage(message.Bytes(5));
  for (const auto& value : summary.fields.at(1)) {
    const Message parsed = ParseMessage(value.bytes);
    event.values[parsed.Bytes(1)] = parsed;
  }
  return event;
}

}  // namespace

float Message::Float(uint32_t field) const {
  return std::bit_cast<float>(static_cast<uint32_t>(Number(field)));
}
double Message::Double(uint32_t field) const { return std::bit_cast<double>(Number(field)); }

Message ParseMessage(const std::string& text) {
  Message message;
  std::string_view bytes = text;
  while (!bytes.empty()) {
    const uint64_t key = Varint(bytes);
    Message::Field field;
    switch (key & 7) {
      case 0:
        field.number = Varint(bytes);
        break;
      case 1:
        field.number = Fixed<uint64_t>(bytes);
        break;
      case 2:
        field.bytes = Take(bytes, Varint(bytes));
        break;
      case 5:
        field.number = Fixed<uint32_t>(bytes);
        break;
      default:
        ADD_FAILURE() << "wire type " << (key & 7);
        return message;
    }
    message.fields[static_cast<uint32_t>(key >> 3)].push_back(field);
  }
  return message;
}

std::vector<ReadEvent> ReadEvents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  const std::string content(std::istreambuf_iterator<char>(file), {});
  std::string_view bytes = content;
  std::vector<ReadEvent> events;
  while (!bytes.empty()) {
    const std::string length_bytes(bytes.substr(0, 8));
    const auto length = Fixed<uint64_t>(bytes);
    EXPECT_EQ(Unmask(Fixed<uint32_t>(bytes)), Crc32c(length_bytes));
    const std::string event = Take(bytes, length);
    EXPECT_EQ(Unmask(Fixed<uint32_t>(bytes)), Crc32c(event));
    events.push_back(ToEvent(ParseMessage(event)));
  }
  return events;
}

std::string EventPath(const std::string& folder, size_t index) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().find("tfevents") != std::string::npos)
      paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return index < paths.size() ? paths[index] : "";
}

}  // namespace quaver
