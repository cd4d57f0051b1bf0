// The reader of .qvr files: bounded events whatever the bytes say; the same at once in C++ and in portions in C, which seeks, too.
#include "codec/container/qvr.h"

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "codec/container/quaver_file.h"
#include "fuzz/input.h"
#include "fuzz/qvr_file.h"
#include "fuzz/target.h"
#include "tests/container/stream_tools.h"

using namespace quaver;

namespace {

struct Total {
  uint64_t events = 0, frames = 0, lost = 0;
  int64_t samples = -1;
  bool operator==(const Total&) const = default;
};

// Counts an event; `packet` bytes of it, or 0 for lost frames, behind packets of at most `passed` frames that a seek passed over.
void Add(size_t packet, int frames, uint64_t passed, Total& total) {
  ++total.events;
  if (packet > 0) {
    FUZZ_CHECK(packet <= kMaxPacketBytes);
    FUZZ_CHECK(frames >= 1 && frames <= kMaxFramesPerPacket);
    total.frames += static_cast<uint64_t>(frames);
  } else {
    FUZZ_CHECK(frames >= 1 && frames <= kMaxLostFrames);
    total.lost += static_cast<uint64_t>(frames);
  }
  FUZZ_CHECK(total.lost <= passed + total.frames + kMaxLostFrames + kMaxFramesPerPacket);
}

Total ReadAll(QvrReader& reader) {
  Total total;
  while (true) {
    const auto event = reader.Next();
    FUZZ_CHECK(event.ok());
    const QvrEvent& found = event.value();
    total.samples = found.original_samples;
    if (found.kind == QvrEvent::kEnd) return total;
    const bool lost = found.kind == QvrEvent::kLost;
    FUZZ_CHECK(found.packet.empty() == lost);
    Add(found.packet.size(), lost ? found.lost_frames : found.frames, 0, total);
  }
}

struct Close {
  void operator()(quaver_file_reader* reader) const { quaver_file_reader_close(reader); }
};
using CReader = std::unique_ptr<quaver_file_reader, Close>;

CReader OpenInC(fuzz::MemorySource& memory) {
  const auto read = [](void* user, void* bytes, size_t size) {
    return static_cast<fuzz::MemorySource*>(user)->Read({static_cast<uint8_t*>(bytes), size});
  };
  const auto seek = [](void* user, int64_t offset, int whence) {
    return static_cast<fuzz::MemorySource*>(user)->Seek(offset, whence);
  };
  std::array<char, 40> error{};
  CReader reader(quaver_file_reader_open_seekable(read, seek, &memory, "parts", error.data(), error.size()));
  FUZZ_CHECK((reader == nullptr) == (error[0] != 0));
  return reader;
}

Total ReadAll(quaver_file_reader* reader, uint64_t passed) {
  Total total;
  quaver_file_event event;
  while (true) {
    const int kind = quaver_file_reader_next(reader, &event);
    FUZZ_CHECK(kind == event.kind && kind >= QUAVER_FILE_END && kind <= QUAVER_FILE_LOST);
    FUZZ_CHECK((event.packet != nullptr) == (kind == QUAVER_FILE_PACKET) && (event.size > 0) == (kind == QUAVER_FILE_PACKET));
    total.samples = event.original_samples;
    if (kind == QUAVER_FILE_END) return total;
    Add(event.size, event.frames, passed, total);
  }
}

void ReadTexts(const quaver_file_reader* reader) {
  const int lines = quaver_file_reader_damage_count(reader);
  FUZZ_CHECK(lines >= 0 && lines <= 20);
  for (int i = 0; i < lines; ++i) FUZZ_CHECK(std::strlen(quaver_file_reader_damage(reader, i)) > 0);
  const int comments = quaver_file_reader_comment_count(reader);
  for (int i = 0; i < comments; ++i) FUZZ_CHECK(std::strchr(quaver_file_reader_comment(reader, i), '=') != nullptr);
  FUZZ_CHECK(quaver_file_reader_damage(reader, lines) == nullptr && quaver_file_reader_comment(reader, comments) == nullptr);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const size_t portion = static_cast<size_t>(input.Int(1, 4096));
  const auto target = static_cast<uint64_t>(input.Int(0, 2000));
  const std::vector<uint8_t> file = fuzz::QvrFile(input);
  fuzz::MemorySource parts(file, portion);
  auto reader = QvrReader::Open(FromMemory(file), "whole");
  const CReader seeking = OpenInC(parts);
  FUZZ_CHECK(reader.ok() == (seeking != nullptr));
  if (!reader.ok()) return 0;
  const QvrHeader& header = reader.value().header();
  FUZZ_CHECK(header.frame_samples >= 32 && header.frame_samples <= 1920);
  FUZZ_CHECK(header.defaults.frames >= 1 && header.defaults.frames <= kMaxFramesPerPacket);
  const Total total = ReadAll(reader.value());
  FUZZ_CHECK(ReadAll(seeking.get(), 0) == total);
  ReadTexts(seeking.get());

  const int64_t place = quaver_file_reader_seek(seeking.get(), target);
  FUZZ_CHECK(place >= 0 && static_cast<uint64_t>(place) <= target);
  ReadAll(seeking.get(), uint64_t{kMaxFramesPerPacket} * file.size());  // a packet has a byte at least
  return 0;
}
