#include "codec/container/qvr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

QvrHeader Speech(int frames = 25, int n_q = 6) {
  QvrHeader header;
  header.pre_skip = 80;
  header.defaults = {frames, n_q};
  return header;
}

TEST(Qvr, ComesBackAtAnyRateAndLength) {
  for (const uint32_t rate : {8000u, 16000u, 44100u, 48000u}) {
    for (const double seconds : {0.001, 0.02, 0.5, 4.99, 5.01, 17.3}) {
      for (const int frames : {1, 10, 25}) {
        QvrHeader header = Speech(frames);
        header.original_rate = rate;
        const TestStream stream = MakeStream(1, header, seconds);
        for (const size_t chunk : {size_t{1}, size_t{4096}}) {
          const ReadStream read = ReadAll(stream.file, chunk);
          ASSERT_EQ(read.error, "");
          ASSERT_EQ(read.Packets(), stream.packets);
          ASSERT_EQ(read.Lost(), 0u);
          ASSERT_EQ(read.samples, static_cast<int64_t>(stream.samples));
          ASSERT_THAT(read.damage, IsEmpty());
          ASSERT_EQ(read.header.original_rate, rate);
          ASSERT_EQ(read.header.defaults.frames, frames);
        }
      }
    }
  }
}

TEST(Qvr, EmptyStreamComesBack) {
  const TestStream stream = MakeStream(1, Speech(), 0.0);
  const auto pages = SplitPages(stream.file);
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_TRUE(pages[2].last);
  EXPECT_EQ(pages[2].granule, 0);
  const ReadStream read = ReadAll(stream.file);
  EXPECT_THAT(read.events, IsEmpty());
  EXPECT_EQ(read.samples, 0);
  EXPECT_THAT(read.damage, IsEmpty());
}

// A length that ends inside frames before the last, as with padding, is no damage.
TEST(Qvr, LengthMayEndBeforeTheLastFrames) {
  auto pages = SplitPages(MakeStream(1, Speech(), 8.0).file);
  for (const int64_t samples : {0, 1, 100, 100000}) {
    pages.back().granule = samples;
    const ReadStream read = ReadAll(JoinPages(pages));
    EXPECT_EQ(read.samples, samples);
    EXPECT_EQ(read.Lost(), 0u);
    EXPECT_THAT(read.damage, IsEmpty());
  }
}

// A resampler rounds, so the length may lie in one frame more than there are, which is no damage either.
TEST(Qvr, LengthMayUseOneFrameMore) {
  for (const uint32_t rate : {8000u, 16000u, 44100u, 48000u}) {
    for (const double seconds : {0.5, 8.0}) {
      QvrHeader header = Speech(10);
      header.original_rate = rate;
      const TestStream stream = MakeStream(1, header, seconds);
      auto pages = SplitPages(stream.file);
      uint64_t frames = 0;
      for (const int held : stream.frames) frames += static_cast<uint64_t>(held);
      const auto complete = static_cast<int64_t>((frames * 320 - 80) * rate / 16000);
      const auto most = static_cast<int64_t>(((frames + 1) * 320 - 80) * rate / 16000);
      for (const int64_t samples : {complete, complete + 1, most - 1, most}) {
        pages.back().granule = samples;
        const ReadStream read = ReadAll(JoinPages(pages));
        EXPECT_EQ(read.Packets(), stream.packets);
        EXPECT_EQ(read.Lost(), 0u);
        EXPECT_EQ(read.samples, samples);
        EXPECT_THAT(read.damage, IsEmpty()) << samples - complete;
      }
      pages.back().granule = most + 1;
      const ReadStream read = ReadAll(JoinPages(pages));
      EXPECT_EQ(read.samples, most);
      EXPECT_THAT(read.damage, testing::Not(IsEmpty()));
    }
  }
}

TEST(Qvr, EventsTellTheirFrames) {
  const TestStream stream = MakeStream(1, Speech(), 3.3);
  const ReadStream read = ReadAll(stream.file);
  ASSERT_EQ(read.events.size(), stream.frames.size());
  for (size_t i = 0; i < stream.frames.size(); ++i) EXPECT_EQ(read.events[i].frames, stream.frames[i]);
}

TEST(Qvr, HeadersTakeAtMost160Bytes) {
  const auto pages = SplitPages(MakeStream(1, Speech(), 1.0).file);
  ASSERT_GE(pages.size(), 3u);
  EXPECT_LE(JoinPages(std::span(pages).first(2)).size(), 160u);
  EXPECT_TRUE(pages[0].first);
  EXPECT_FALSE(pages[1].first);
  EXPECT_EQ(pages[0].lacing.size(), 1u);
  EXPECT_EQ(pages[1].lacing.size(), 1u);
}

// 60 s at 3 kbit/s: six tokens a frame, 10 bits each.
TEST(Qvr, ContainerTakesLessThanFourPercent) {
  for (const int frames : {10, 25}) {
    const TestStream stream = MakeStream(1, Speech(frames), 60.0);
    size_t payload = 0;
    for (const Bytes& packet : stream.packets) payload += packet.size();
    EXPECT_NEAR(static_cast<double>(payload), 22500.0, 300.0);
    EXPECT_LT(static_cast<double>(stream.file.size() - payload), 0.04 * static_cast<double>(payload))
        << frames;
  }
}

TEST(Qvr, PagesCarryGranulesAndEndOfStream) {
  for (const uint32_t rate : {8000u, 44100u, 48000u}) {
    QvrHeader header = Speech(10);
    header.original_rate = rate;
    const TestStream stream = MakeStream(1, header, 23.4567);
    const auto pages = SplitPages(stream.file);
    ASSERT_GE(pages.size(), 6u);
    ASSERT_LE(pages.size(), 8u);
    uint64_t frames = 0;
    size_t packet = 0;
    for (size_t i = 2; i < pages.size(); ++i) {
      EXPECT_EQ(pages[i].number, i);
      EXPECT_FALSE(pages[i].continued);
      for (const uint8_t lace : pages[i].lacing) {
        if (lace < 255) frames += static_cast<uint64_t>(stream.frames[packet++]);
      }
      EXPECT_EQ(pages[i].last, i + 1 == pages.size());
      const uint64_t complete = (frames * 320 - 80) * rate / 16000;
      EXPECT_EQ(static_cast<uint64_t>(pages[i].granule), pages[i].last ? stream.samples : complete);
    }
  }
}

TEST(Qvr, EqualInputGivesEqualFiles) {
  EXPECT_EQ(MakeStream(3, Speech(), 9.0).file, MakeStream(3, Speech(), 9.0).file);
}

// The longest packets and the shortest: pages fill up by segments, and none splits a packet.
TEST(Qvr, PagesFillUpBySegments) {
  QvrHeader header = Speech(1, 18);
  header.frame_samples = 32;
  header.model_rate = 8000;
  const TestStream small = MakeStream(2, header, 12.0);
  EXPECT_EQ(ReadAll(small.file).Packets(), small.packets);
  for (const RawPage& page : SplitPages(small.file)) EXPECT_FALSE(page.continued);

  std::vector<Bytes> packets(100, Bytes(kMaxPacketBytes));  // a page takes 7
  Bytes file;
  auto writer = QvrWriter::Create(Speech(1), [&file](std::span<const uint8_t> bytes) {
                  file.insert(file.end(), bytes.begin(), bytes.end());
                  return true;
                }).value();
  for (const Bytes& packet : packets) ASSERT_TRUE(writer.Write(packet, 1).ok());
  ASSERT_TRUE(writer.Finish(31000).ok());
  EXPECT_EQ(ReadAll(file).Packets(), packets);
  for (const RawPage& page : SplitPages(file)) EXPECT_FALSE(page.continued);
}

TEST(QvrWriter, RefusesMisuse) {
  const TestStream stream = MakeStream(1, Speech(), 2.0);
  auto writer = QvrWriter::Create(Speech(), [](std::span<const uint8_t>) { return true; }).value();
  EXPECT_FALSE(writer.Write({}, 25).ok());
  EXPECT_FALSE(writer.Write(Bytes(kMaxPacketBytes + 1), 25).ok());
  EXPECT_THAT(writer.Write(stream.packets[0], 24).message(), HasSubstr("holds 25 frames, not 24"));
  ASSERT_TRUE(writer.Write(stream.packets[0], 25).ok());
  EXPECT_THAT(writer.Finish(26 * 320 + 1).message(), HasSubstr("do not fit into 25 frames"));
  EXPECT_TRUE(writer.Finish(8000).ok());
  EXPECT_FALSE(writer.Finish(8000).ok());
  EXPECT_FALSE(writer.Write(stream.packets[0], 25).ok());
}

TEST(QvrWriter, ReportsAFullDisk) {
  const TestStream stream = MakeStream(1, Speech(), 60.0);
  for (const size_t room : {size_t{0}, size_t{100}, size_t{200}, size_t{5000}, stream.file.size() - 1}) {
    size_t written = 0;
    auto created = QvrWriter::Create(Speech(), [&](std::span<const uint8_t> bytes) {
      written += bytes.size();
      return written <= room;
    });
    bool failed = !created.ok();
    for (size_t i = 0; !failed && i < stream.packets.size(); ++i) {
      failed = !created.value().Write(stream.packets[i], stream.frames[i]).ok();
    }
    if (!failed) failed = !created.value().Finish(stream.samples).ok();
    EXPECT_TRUE(failed) << room;
  }
}

TEST(QvrReader, ReadErrorsAreErrors) {
  const TestStream stream = MakeStream(1, Speech(), 60.0);
  for (const size_t good : {size_t{0}, size_t{100}, size_t{9000}}) {
    auto source = FromMemory(std::span(stream.file).first(good));
    auto failing = [&source](std::span<uint8_t> out) {
      const int64_t got = source(out);
      return got == 0 ? int64_t{-1} : got;
    };
    auto reader = QvrReader::Open(failing, "test.qvr");
    if (good < 160) {
      ASSERT_FALSE(reader.ok());
      EXPECT_THAT(reader.message(), HasSubstr("test.qvr: read error"));
      continue;
    }
    auto event = reader.value().Next();
    while (event.ok() && event.value().kind != QvrEvent::kEnd) event = reader.value().Next();
    ASSERT_FALSE(event.ok());
    EXPECT_THAT(event.message(), HasSubstr("test.qvr: read error"));
  }
}

// Also behind the last page, where only a look at what follows is left to do.
TEST(QvrReader, ReadErrorsBehindTheLastPageAreErrors) {
  const TestStream stream = MakeStream(1, Speech(), 12.0);
  int reads = 0;
  auto source = FromMemory(stream.file);
  auto reader = QvrReader::Open(
      [&](std::span<uint8_t> out) {
        const int64_t got = source(out);
        return got == 0 ? (++reads, int64_t{-1}) : got;
      },
      "test.qvr");
  ASSERT_TRUE(reader.ok()) << reader.message();
  for (const Bytes& packet : stream.packets) {
    const auto event = reader.value().Next();
    ASSERT_TRUE(event.ok()) << event.message();
    EXPECT_EQ(event.value().packet, packet);
  }
  for (int again = 0; again < 2; ++again) {
    const auto event = reader.value().Next();
    ASSERT_FALSE(event.ok());
    EXPECT_THAT(event.message(),
                HasSubstr("test.qvr: read error after " + std::to_string(stream.file.size()) + " bytes"));
  }
  EXPECT_EQ(reads, 1);
}

// Over a connection that stays open: a read that nobody needs would wait for ever.
TEST(QvrReader, PacketsComeOutWithThePageThatCompletesThem) {
  for (const double seconds : {0.3, 4.0, 23.0}) {
    const TestStream stream = MakeStream(1, Speech(10), seconds);
    const auto pages = SplitPages(stream.file);
    size_t reads = 0;  // each gives a page
    const auto page_by_page = [&](std::span<uint8_t> out) {
      if (reads++ >= pages.size()) return int64_t{0};
      const Bytes page = JoinPages(std::span(pages).subspan(reads - 1, 1));
      EXPECT_LE(page.size(), out.size());
      std::copy(page.begin(), page.end(), out.begin());
      return static_cast<int64_t>(page.size());
    };
    auto reader = QvrReader::Open(page_by_page, "test.qvr");
    ASSERT_TRUE(reader.ok()) << reader.message();
    EXPECT_EQ(reads, 2u);
    size_t packet = 0;
    for (size_t page = 2; page < pages.size(); ++page) {
      for (size_t i = 0; i < pages[page].lacing.size(); ++i) {
        const auto event = reader.value().Next();
        ASSERT_TRUE(event.ok()) << event.message();
        ASSERT_EQ(event.value().packet, stream.packets[packet++]);
        EXPECT_EQ(reads, page + 1);
        EXPECT_EQ(event.value().original_samples,
                  pages[page].last ? static_cast<int64_t>(stream.samples) : -1);
      }
    }
    EXPECT_EQ(packet, stream.packets.size());
    EXPECT_EQ(reader.value().Next().value().kind, QvrEvent::kEnd);
    EXPECT_THAT(reader.value().damage(), IsEmpty());
  }
}

TEST(QvrReader, OpenRefusesWhatIsNoStream) {
  EXPECT_THAT(ReadAll({}).error, HasSubstr("test.qvr: not a .qvr file"));
  Random random(1);
  EXPECT_THAT(ReadAll(RandomBytes(random, 100000)).error, HasSubstr("not a .qvr file"));
  const auto endless = [](std::span<uint8_t> out) {
    std::fill(out.begin(), out.end(), uint8_t{'O'});
    return static_cast<int64_t>(out.size());
  };
  EXPECT_FALSE(QvrReader::Open(endless, "pipe").ok());
  const auto liar = [](std::span<uint8_t> out) { return static_cast<int64_t>(out.size()) + 1; };
  EXPECT_FALSE(QvrReader::Open(liar, "liar").ok());
}

TEST(QvrReader, OpenRefusesLostOrWrongHeaders) {
  auto pages = SplitPages(MakeStream(1, Speech(), 8.0).file);
  auto changed = pages;
  changed.erase(changed.begin());
  EXPECT_THAT(ReadAll(JoinPages(changed)).error, HasSubstr("not a .qvr file"));
  changed = pages;
  changed[0].body[8] = 9;
  EXPECT_THAT(ReadAll(JoinPages(changed)).error, HasSubstr("test.qvr: header: version 9 is not known"));
}

// Nothing that decoding needs stands in the comments.
TEST(QvrReader, DamagedCommentsAreToldAndCostNothing) {
  const TestStream stream = MakeStream(1, Speech(), 8.0);
  const auto pages = SplitPages(stream.file);
  const auto expect = [&stream](const std::vector<RawPage>& changed, const char* damage) {
    const ReadStream read = ReadAll(JoinPages(changed));
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.Packets(), stream.packets);
    EXPECT_EQ(read.samples, static_cast<int64_t>(stream.samples));
    EXPECT_THAT(read.damage, testing::ElementsAre(HasSubstr(damage)));
  };
  auto changed = pages;
  changed.erase(changed.begin() + 1);
  expect(changed, "comment header: missing");
  changed = pages;
  changed[1].body[0] = 'x';
  expect(changed, "comment header: does not begin");
  changed = pages;
  changed[1].lacing.push_back(1);
  changed[1].body.push_back(0);
  expect(changed, "shares its page");
  changed = pages;
  changed.insert(changed.begin() + 1, pages[0]);
  expect(changed, "header: met again");
}

// The page with the comments lost together with the first page of packets, or by a flipped bit.
TEST(QvrReader, CommentsLostWithPacketsAreConcealedAsPackets) {
  const TestStream stream = MakeStream(1, Speech(), 12.0);
  auto pages = SplitPages(stream.file);
  pages.erase(pages.begin() + 1, pages.begin() + 3);
  const ReadStream read = ReadAll(JoinPages(pages));
  EXPECT_EQ(read.error, "");
  EXPECT_GT(read.Lost(), 0u);
  const ReadStream whole = ReadAll(stream.file);
  EXPECT_EQ(read.Lost() + read.Delivered(), whole.Delivered());

  Bytes flipped = stream.file;
  flipped[58 + 28 + 40] ^= 1;  // behind the first page of 28 + 58 bytes
  const ReadStream damaged = ReadAll(flipped);
  EXPECT_EQ(damaged.Packets(), stream.packets);
  EXPECT_FALSE(damaged.damage.empty());
}

}  // namespace
}  // namespace quaver
