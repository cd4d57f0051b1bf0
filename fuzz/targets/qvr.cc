// The reader of .qvr files: bounded events whatever the bytes say, alike in any portions, and from any place.
#include "codec/container/qvr.h"

#include <cstdio>
#include <cstring>

#include "fuzz/input.h"
#include "fuzz/target.h"

using namespace quaver;

namespace {

struct Memory {
  std::span<const uint8_t> bytes;
  size_t at = 0;
  size_t portion = 1;

  int64_t Read(std::span<uint8_t> out) {
    const size_t count = std::min({out.size(), bytes.size() - at, portion});
    if (count > 0) std::memcpy(out.data(), bytes.data() + at, count);
    at += count;
    return static_cast<int64_t>(count);
  }
  int64_t Seek(int64_t offset, int whence) {
    const auto size = static_cast<int64_t>(bytes.size());
    const int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<int64_t>(at) : size;
    if (from + offset < 0 || from + offset > size) return -1;
    at = static_cast<size_t>(from + offset);
    return from + offset;
  }
};

struct Total {
  uint64_t events = 0, frames = 0, lost = 0;
  int64_t samples = -1;
  bool operator==(const Total&) const = default;
};

Total ReadAll(QvrReader& reader) {
  Total total;
  while (true) {
    const auto event = reader.Next();
    FUZZ_CHECK(event.ok());
    const QvrEvent& found = event.value();
    total.samples = found.original_samples;
    if (found.kind == QvrEvent::kEnd) return total;
    ++total.events;
    if (found.kind == QvrEvent::kPacket) {
      FUZZ_CHECK(!found.packet.empty() && found.packet.size() <= kMaxPacketBytes);
      FUZZ_CHECK(found.frames >= 1 && found.frames <= kMaxFramesPerPacket);
      total.frames += static_cast<uint64_t>(found.frames);
    } else {
      FUZZ_CHECK(found.lost_frames >= 1 && found.lost_frames <= kMaxLostFrames);
      total.lost += static_cast<uint64_t>(found.lost_frames);
    }
    FUZZ_CHECK(total.lost <= total.frames + kMaxLostFrames + kMaxFramesPerPacket);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const size_t portion = static_cast<size_t>(input.Int(1, 4096));
  const auto target = static_cast<uint64_t>(input.Int(0, 2000));
  Memory whole{input.Rest(), 0, 65536}, parts{whole.bytes, 0, portion};
  const auto from = [](Memory& memory) { return [&memory](std::span<uint8_t> out) { return memory.Read(out); }; };

  auto reader = QvrReader::Open(from(whole), "whole");
  auto seeking = QvrReader::Open(from(parts), [&](int64_t offset, int whence) { return parts.Seek(offset, whence); }, "parts");
  FUZZ_CHECK(reader.ok() == seeking.ok());
  if (!reader.ok()) return 0;
  const QvrHeader& header = reader.value().header();
  FUZZ_CHECK(header.frame_samples >= 32 && header.frame_samples <= 1920);
  FUZZ_CHECK(header.defaults.frames >= 1 && header.defaults.frames <= kMaxFramesPerPacket);
  const Total total = ReadAll(reader.value());
  FUZZ_CHECK(ReadAll(seeking.value()) == total);

  const auto place = seeking.value().Seek(target);
  FUZZ_CHECK(place.ok());
  FUZZ_CHECK(place.value() <= std::max(target, total.frames + total.lost));
  ReadAll(seeking.value());
  return 0;
}
