// Seeking gives the same events as reading from the start, wherever the packets lie and whatever follows
// them, and reads little.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "codec/container/quaver_file.h"
#include "codec/container/qvr.h"
#include "codec/container/qvr_header.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

using testing::HasSubstr;

// A file in memory that counts what is read of it.
struct CountedFile {
  Bytes bytes;
  size_t at = 0;
  size_t read = 0;
  bool fails = false;

  int64_t Read(std::span<uint8_t> out) {
    if (fails) return -1;
    const size_t count = std::min(out.size(), bytes.size() - std::min(at, bytes.size()));
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at, bytes.size())), count, out.begin());
    at += count;
    read += count;
    return static_cast<int64_t>(count);
  }
  int64_t Seek(int64_t offset, int whence) {
    const size_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? at : bytes.size();
    at = static_cast<size_t>(static_cast<int64_t>(from) + offset);
    return static_cast<int64_t>(at);
  }
};

Result<QvrReader> OpenFile(CountedFile& file, bool seekable = true) {
  ByteSeek seek;
  if (seekable) seek = [&file](int64_t offset, int whence) { return file.Seek(offset, whence); };
  return QvrReader::Open([&file](std::span<uint8_t> out) { return file.Read(out); }, seek, "t.qvr");
}

QvrHeader Header(uint32_t rate = 44100, int frames = 10) {
  QvrHeader header;
  header.original_rate = rate;
  header.pre_skip = 80;
  header.defaults = {frames, 6};
  return header;
}

struct Numbered {
  uint64_t frame;
  Bytes packet;
};

std::vector<Numbered> Packets(const TestStream& stream) {
  std::vector<Numbered> packets;
  uint64_t frame = 0;
  for (size_t i = 0; i < stream.packets.size(); ++i) {
    packets.push_back({frame, stream.packets[i]});
    frame += static_cast<uint64_t>(stream.frames[i]);
  }
  return packets;
}

// What a reader of `stream` has to say from `frame` on.
void ExpectRest(QvrReader& reader, const TestStream& stream, uint64_t frame, size_t most = SIZE_MAX) {
  const auto packets = Packets(stream);
  size_t first = 0;
  uint64_t start = 0;  // frames before the packet
  while (first < packets.size() && start + static_cast<uint64_t>(stream.frames[first]) <= frame)
    start += static_cast<uint64_t>(stream.frames[first++]);
  const auto at = reader.Seek(frame);
  ASSERT_TRUE(at.ok()) << at.message();
  ASSERT_EQ(at.value(), start) << frame;
  for (size_t i = first; i < packets.size() && i - first < most; ++i) {
    const auto event = reader.Next();
    ASSERT_TRUE(event.ok());
    ASSERT_EQ(event.value().kind, QvrEvent::kPacket) << frame;
    ASSERT_EQ(event.value().packet, packets[i].packet) << frame;
  }
  if (most < SIZE_MAX) return;
  const auto end = reader.Next();
  ASSERT_TRUE(end.ok() && end.value().kind == QvrEvent::kEnd);
  EXPECT_EQ(end.value().original_samples, static_cast<int64_t>(stream.samples));
}

TEST(QvrSeek, EveryFrameOfEveryShapeOfStream) {
  for (const uint32_t rate : {16000u, 44100u, 8000u, 11025u}) {
    for (const int frames : {1, 7, 25}) {
      const TestStream stream = MakeStream(rate, Header(rate, frames), 31.7);
      for (const bool seekable : {true, false}) {
        CountedFile file{stream.file};
        auto reader = OpenFile(file, seekable);
        ASSERT_TRUE(reader.ok()) << reader.message();
        const uint64_t step = seekable ? 13 : 31;  // beyond the packet that is read
        for (uint64_t frame = 0; frame < 1580; frame += step)
          ExpectRest(reader.value(), stream, frame, seekable ? 3 : 1);
        ExpectRest(reader.value(), stream, 1584);
        EXPECT_THAT(reader.value().damage(), testing::IsEmpty());
      }
    }
  }
}

TEST(QvrSeek, GoesBackAndOnAfterTheEnd) {
  const TestStream stream = MakeStream(1, Header(), 40);
  CountedFile file{stream.file};
  auto reader = OpenFile(file);
  ASSERT_TRUE(reader.ok());
  for (const uint64_t frame : {1900u, 3u, 1000u, 0u, 999999u, 500u})
    ExpectRest(reader.value(), stream, frame);
  EXPECT_THAT(reader.value().damage(), testing::IsEmpty());

  CountedFile pipe{stream.file};
  auto forwards = OpenFile(pipe, false);
  ExpectRest(forwards.value(), stream, 1000, 2);
  EXPECT_THAT(forwards.value().Seek(10).message(), HasSubstr("t.qvr: cannot go back"));
}

TEST(QvrSeek, ReadsLittleOfALongFile) {
  const TestStream stream = MakeStream(2, Header(), 3600);
  CountedFile file{stream.file};
  auto reader = OpenFile(file);
  ASSERT_TRUE(reader.ok());
  for (const uint64_t frame : {100u, 5000u, 90000u, 179000u}) {
    file.read = 0;
    ExpectRest(reader.value(), stream, frame, 3);
    EXPECT_LT(file.read, 200000u) << frame;
  }
  EXPECT_GT(stream.file.size(), 1000000u);
}

// The pages before the place may be damaged, and so may the one that was looked for.
TEST(QvrSeek, DamageElsewhereDoesNotMatter) {
  const TestStream stream = MakeStream(3, Header(), 600);
  for (size_t at = 5000; at < stream.file.size() - 5000; at += stream.file.size() / 37) {
    CountedFile file{stream.file};
    for (size_t i = 0; i < 3000; ++i) file.bytes[at + i] ^= 0x5A;
    auto reader = OpenFile(file);
    ASSERT_TRUE(reader.ok());
    for (const uint64_t frame : {200u, 7000u, 15000u, 29000u}) {
      const auto place = reader.value().Seek(frame);
      ASSERT_TRUE(place.ok());
      EXPECT_LE(place.value(), frame);
      const auto event = reader.value().Next();
      ASSERT_TRUE(event.ok());
      const QvrEvent& found = event.value();
      const int frames = found.kind == QvrEvent::kLost ? found.lost_frames : found.frames;
      EXPECT_GT(place.value() + static_cast<uint64_t>(frames), frame);
      if (found.kind != QvrEvent::kPacket) continue;
      const auto packets = Packets(stream);
      const auto same = std::ranges::find(packets, place.value(), &Numbered::frame);
      ASSERT_NE(same, packets.end());
      EXPECT_EQ(found.packet, same->packet);
    }
  }
}

// cat a.qvr b.qvr: the same serial number, and positions that begin anew.
TEST(QvrSeek, StaysInTheFirstOfTwoStreams) {
  const TestStream first = MakeStream(4, Header(), 100);
  for (const double seconds : {10.0, 90.0, 100.0, 400.0, 4000.0}) {
    CountedFile file{first.file};
    const TestStream second = MakeStream(5, Header(), seconds);
    file.bytes.insert(file.bytes.end(), second.file.begin(), second.file.end());
    auto reader = OpenFile(file);
    ASSERT_TRUE(reader.ok());
    for (uint64_t frame = 0; frame < 5000; frame += 97) ExpectRest(reader.value(), first, frame, 2);
    ExpectRest(reader.value(), first, 20000);
  }
}

TEST(QvrSeek, AFailingSourceIsAnError) {
  const TestStream stream = MakeStream(6, Header(), 100);
  CountedFile file{stream.file};
  auto reader = OpenFile(file);
  ASSERT_TRUE(reader.ok());
  file.fails = true;
  EXPECT_FALSE(reader.value().Seek(2000).ok());
}

TEST(QvrSeek, HostileNumbersEndTheSearch) {
  const TestStream stream = MakeStream(7, Header(), 120);
  std::vector<RawPage> pages = SplitPages(stream.file);
  for (const int64_t granule :
       {int64_t{-1}, int64_t{0}, int64_t{1} << 47, INT64_MAX, INT64_MIN, int64_t{12345}}) {
    for (size_t page = 2; page < pages.size(); page += 3) {
      std::vector<RawPage> forged = pages;
      forged[page].granule = granule;
      CountedFile file{JoinPages(forged)};
      auto reader = OpenFile(file);
      ASSERT_TRUE(reader.ok());
      for (const uint64_t frame : {0u, 1000u, 4000u, 1u << 30}) {
        const auto place = reader.value().Seek(frame);
        ASSERT_TRUE(place.ok());
        EXPECT_LE(place.value(), frame);
        for (int i = 0; i < 10; ++i) ASSERT_TRUE(reader.value().Next().ok());
      }
    }
  }
}

// Two pages in a row that are off by the same number are believed, and nothing lies between.
TEST(QvrSeek, PositionsThatLeapOverTheFrameGiveWhatFollows) {
  const TestStream stream = MakeStream(9, Header(16000), 60);
  std::vector<RawPage> pages = SplitPages(stream.file);
  ASSERT_GT(pages.size(), 6u);
  for (size_t page = 4; page < pages.size(); ++page) pages[page].granule += int64_t{320} * 100000;
  for (const bool seekable : {true, false}) {
    CountedFile file{JoinPages(pages)};
    auto reader = OpenFile(file, seekable);
    ASSERT_TRUE(reader.ok());
    const auto place = reader.value().Seek(50000);
    ASSERT_TRUE(place.ok());
    EXPECT_EQ(place.value(), 50000u);
    const auto event = reader.value().Next();
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event.value().kind, QvrEvent::kPacket);
  }
}

TEST(QvrSeek, InCToo) {
  const TestStream stream = MakeStream(8, Header(), 60);
  CountedFile file{stream.file};
  const auto read = [](void* user, void* bytes, size_t size) {
    return static_cast<CountedFile*>(user)->Read({static_cast<uint8_t*>(bytes), size});
  };
  const auto seek = [](void* user, int64_t offset, int whence) {
    return static_cast<CountedFile*>(user)->Seek(offset, whence);
  };
  quaver_file_reader* reader = quaver_file_reader_open_seekable(read, seek, &file, "t.qvr", nullptr, 0);
  ASSERT_NE(reader, nullptr);
  const auto packets = Packets(stream);
  for (const uint64_t frame : {2005u, 7u}) {
    const int64_t at = quaver_file_reader_seek(reader, frame);
    EXPECT_EQ(at, static_cast<int64_t>(frame / 10 * 10));
    quaver_file_event event;
    ASSERT_EQ(quaver_file_reader_next(reader, &event), QUAVER_FILE_PACKET);
    EXPECT_EQ(Bytes(event.packet, event.packet + event.size), packets[frame / 10].packet);
  }
  EXPECT_EQ(quaver_file_reader_seek(nullptr, 0), QUAVER_ERROR_ARGUMENT);
  file.fails = true;
  EXPECT_EQ(quaver_file_reader_seek(reader, 1500), QUAVER_ERROR_IO);
  quaver_file_reader_close(reader);

  CountedFile pipe{stream.file};
  reader = quaver_file_reader_open_seekable(read, nullptr, &pipe, "t.qvr", nullptr, 0);
  EXPECT_EQ(quaver_file_reader_seek(reader, 1000), 1000);
  EXPECT_EQ(quaver_file_reader_seek(reader, 10), QUAVER_ERROR_ARGUMENT);
  quaver_file_reader_close(reader);
}

}  // namespace
}  // namespace quaver
