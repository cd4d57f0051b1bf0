#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "codec/container/qvr.h"
#include "codec/util/format.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kHeaderPages = 2;

class QvrDamageTest : public ::testing::Test {
 protected:
  static QvrHeader Header() {
    QvrHeader header;
    header.pre_skip = 80;
    header.original_rate = 44100;
    header.defaults = {10, 2};
    return header;
  }

  uint64_t TotalFrames() const {
    return std::accumulate(stream_.frames.begin(), stream_.frames.end(), uint64_t{0});
  }

  // First packet of every page behind the headers, and one past the last.
  std::vector<size_t> PacketsAt() const {
    std::vector<size_t> at = {0};
    for (size_t i = kHeaderPages; i < pages_.size(); ++i) at.push_back(at.back() + pages_[i].lacing.size());
    return at;
  }

  // What must come out when the packets `first` .. `last` - 1 are gone and everything else is there.
  void ExpectLost(const ReadStream& read, size_t first, size_t last) const {
    ASSERT_EQ(read.error, "");
    uint64_t lost = 0;
    for (size_t i = first; i < last; ++i) lost += static_cast<uint64_t>(stream_.frames[i]);
    ASSERT_EQ(read.events.size(), stream_.packets.size() - (last - first) + 1);
    for (size_t i = 0; i < first; ++i) ASSERT_EQ(read.events[i].packet, stream_.packets[i]);
    ASSERT_EQ(read.events[first].kind, QvrEvent::kLost);
    ASSERT_EQ(static_cast<uint64_t>(read.events[first].lost_frames), lost);
    for (size_t i = last; i < stream_.packets.size(); ++i) {
      ASSERT_EQ(read.events[first + 1 + i - last].packet, stream_.packets[i]);
    }
    EXPECT_EQ(read.samples, static_cast<int64_t>(stream_.samples));
    EXPECT_THAT(read.damage, Not(IsEmpty()));
  }

  // Everything came, whatever the reader had to say about it.
  void ExpectWhole(const ReadStream& read) const {
    ASSERT_EQ(read.error, "");
    EXPECT_EQ(read.Packets(), stream_.packets);
    EXPECT_EQ(read.Lost(), 0u);
    EXPECT_EQ(read.samples, static_cast<int64_t>(stream_.samples));
  }

  TestStream stream_ = MakeStream(1, Header(), 41.03);
  std::vector<RawPage> pages_ = SplitPages(stream_.file);
};

TEST_F(QvrDamageTest, MissingPagesAreCounted) {
  const auto at = PacketsAt();
  ASSERT_GE(pages_.size(), 8u);
  for (size_t first = kHeaderPages; first + 1 < pages_.size(); ++first) {
    for (size_t count = 1; first + count < pages_.size(); ++count) {
      auto left = pages_;
      const auto begin = left.begin() + static_cast<std::ptrdiff_t>(first);
      left.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
      ExpectLost(ReadAll(JoinPages(left)), at[first - kHeaderPages], at[first + count - kHeaderPages]);
    }
  }
}

// Any byte of any page flipped: that page is lost, and only that one.
TEST_F(QvrDamageTest, FlippedBytesCostOnePage) {
  const auto at = PacketsAt();
  size_t begin = JoinPages(std::span(pages_).first(kHeaderPages)).size();
  for (size_t page = kHeaderPages; page < pages_.size(); ++page) {
    const size_t size = JoinPages(std::span(pages_).subspan(page, 1)).size();
    for (size_t i = 0; i < size; i += i < 60 ? 1 : 7) {
      Bytes file = stream_.file;
      file[begin + i] ^= static_cast<uint8_t>(1 + (i * 37) % 255);
      const ReadStream read = ReadAll(file);
      if (page + 1 < pages_.size()) {
        ExpectLost(read, at[page - kHeaderPages], at[page + 1 - kHeaderPages]);
      } else {
        EXPECT_EQ(read.samples, -1);
        EXPECT_EQ(read.Packets().size(), at[page - kHeaderPages]);
        EXPECT_EQ(read.Lost(), 0u);
      }
    }
    begin += size;
  }
}

TEST_F(QvrDamageTest, CutFilesEndEarly) {
  const size_t header = JoinPages(std::span(pages_).first(1)).size();
  for (size_t size = 0; size < stream_.file.size(); size += size < 400 ? 1 : 11) {
    const ReadStream read = ReadAll(std::span(stream_.file).first(size));
    if (size < header) {
      EXPECT_NE(read.error, "");
      continue;
    }
    ASSERT_EQ(read.error, "");
    EXPECT_EQ(read.samples, -1);
    EXPECT_EQ(read.Lost(), 0u);
    const auto packets = read.Packets();
    ASSERT_LT(packets.size(), stream_.packets.size());
    EXPECT_TRUE(std::equal(packets.begin(), packets.end(), stream_.packets.begin()));
    EXPECT_THAT(read.damage, Not(IsEmpty()));
  }
}

// A page whose header claims to be longer than the rest of the file hides nothing behind it.
TEST_F(QvrDamageTest, ExaggeratedLengthHidesNothing) {
  const auto at = PacketsAt();
  const size_t page = pages_.size() - 2;
  Bytes file = JoinPages(std::span(pages_).first(page));
  const size_t begin = file.size();
  file = stream_.file;
  file[begin + 26] = 255;
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(begin) + 27, 100, uint8_t{255});
  ExpectLost(ReadAll(file), at[page - kHeaderPages], at[page + 1 - kHeaderPages]);
}

TEST_F(QvrDamageTest, InsertedBytesCostNothingBetweenPages) {
  Random random(1);
  for (size_t page = 0; page <= pages_.size(); ++page) {
    Bytes file = JoinPages(std::span(pages_).first(page));
    const Bytes junk = RandomBytes(random, 5000);
    file.insert(file.end(), junk.begin(), junk.end());
    const Bytes rest = JoinPages(std::span(pages_).subspan(page));
    file.insert(file.end(), rest.begin(), rest.end());
    const ReadStream read = ReadAll(file);
    ExpectWhole(read);
    ASSERT_EQ(read.damage.size(), 1u);
    EXPECT_THAT(read.damage[0], HasSubstr("5000 bytes"));
  }
}

TEST_F(QvrDamageTest, RepeatedPagesAreReadOnce) {
  for (size_t first = kHeaderPages; first + 1 < pages_.size(); ++first) {
    for (size_t last = first + 1; last < pages_.size(); ++last) {
      auto doubled = pages_;
      const std::vector<RawPage> copy(pages_.begin() + static_cast<std::ptrdiff_t>(first),
                                      pages_.begin() + static_cast<std::ptrdiff_t>(last));
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(last), copy.begin(), copy.end());
      ExpectWhole(ReadAll(JoinPages(doubled)));
    }
  }
}

// Of two pages that changed places the later one is kept, in the time where it belongs.
TEST_F(QvrDamageTest, SwappedPagesKeepTheirTime) {
  const auto at = PacketsAt();
  for (size_t page = kHeaderPages; page + 2 < pages_.size(); ++page) {
    auto swapped = pages_;
    std::swap(swapped[page], swapped[page + 1]);
    ExpectLost(ReadAll(JoinPages(swapped)), at[page - kHeaderPages], at[page + 1 - kHeaderPages]);
  }
}

TEST_F(QvrDamageTest, ForgedGranulesOfOnePageDoNoHarm) {
  for (size_t page = kHeaderPages; page + 1 < pages_.size(); ++page) {
    for (const int64_t forged : {int64_t{0}, int64_t{1}, pages_[page].granule / 2, pages_[page].granule * 3,
                                 int64_t{1} << 40, INT64_MAX, int64_t{-1}, INT64_MIN}) {
      auto changed = pages_;
      changed[page].granule = forged;
      const ReadStream read = ReadAll(JoinPages(changed));
      ExpectWhole(read);
      EXPECT_THAT(read.damage, Not(IsEmpty()));
    }
  }
}

TEST_F(QvrDamageTest, ForgedGapsAskForAMinuteAtMost) {
  auto changed = pages_;
  for (size_t page = 4; page < changed.size(); ++page) {
    changed[page].number += static_cast<uint32_t>(100 * page);
    changed[page].granule += int64_t{44100} * 3600 * 24 * static_cast<int64_t>(page);
  }
  const ReadStream read = ReadAll(JoinPages(changed));
  EXPECT_EQ(read.Packets(), stream_.packets);
  EXPECT_LE(read.Lost(), kMaxLostFrames + TotalFrames());
  EXPECT_GE(read.Lost(), static_cast<uint64_t>(kMaxLostFrames));
  for (const QvrEvent& event : read.events) EXPECT_LE(event.lost_frames, kMaxLostFrames);
  EXPECT_LE(read.samples, static_cast<int64_t>((read.Lost() + TotalFrames() + 1) * 320 * 44100 / 16000));
  EXPECT_GE(read.samples, static_cast<int64_t>(stream_.samples));
}

TEST_F(QvrDamageTest, ForgedLengthIsBoundedByTheFrames) {
  auto changed = pages_;
  changed.back().granule = int64_t{1} << 47;
  const ReadStream read = ReadAll(JoinPages(changed));
  EXPECT_EQ(read.Packets(), stream_.packets);
  EXPECT_LE(read.samples, static_cast<int64_t>((TotalFrames() + 1) * 320 * 44100 / 16000));
  changed.back().granule = -1;
  EXPECT_EQ(ReadAll(JoinPages(changed)).samples, -1);
  changed.back().granule = 100;
  EXPECT_EQ(ReadAll(JoinPages(changed)).samples, 100);
}

// A forged page number far ahead must not make the reader skip the rest as old.
TEST_F(QvrDamageTest, ForgedPageNumbersLoseNothing) {
  for (const uint32_t jump : {1000u, 0x7FFFFFF0u, 0x80000010u, 0xFFFFFFF0u}) {
    auto changed = pages_;
    changed[4].number += jump;
    ExpectWhole(ReadAll(JoinPages(changed)));
  }
}

TEST_F(QvrDamageTest, ForeignStreamsAreIgnored) {
  const TestStream other = MakeStream(2, Header(), 30.0);
  auto foreign = SplitPages(other.file);
  foreign[0].body.assign(30, 'v');
  foreign[0].lacing = {30};
  for (RawPage& page : foreign) page.serial = 99;
  std::vector<RawPage> mixed = {pages_[0], foreign[0]};
  for (size_t i = 1; i < pages_.size(); ++i) {
    mixed.push_back(pages_[i]);
    if (i < foreign.size()) mixed.push_back(foreign[i]);
  }
  const ReadStream read = ReadAll(JoinPages(mixed));
  ExpectWhole(read);
  EXPECT_THAT(read.damage, IsEmpty());
}

TEST_F(QvrDamageTest, ChainedStreamsEndTheFirst) {
  const TestStream other = MakeStream(2, Header(), 30.0);
  Bytes chained = stream_.file;
  chained.insert(chained.end(), other.file.begin(), other.file.end());
  ReadStream read = ReadAll(chained);
  ExpectWhole(read);
  ASSERT_EQ(read.damage.size(), 1u);
  EXPECT_THAT(read.damage[0], HasSubstr(Format("another stream follows this one, at %.2f s; it is not read",
                                               static_cast<double>(read.samples) / Header().original_rate)));

  chained = JoinPages(std::span(pages_).first(5));
  chained.insert(chained.end(), other.file.begin(), other.file.end());
  read = ReadAll(chained);
  EXPECT_EQ(read.samples, -1);
  EXPECT_EQ(read.Packets().size(), PacketsAt()[3]);
  ASSERT_EQ(read.damage.size(), 1u);
  EXPECT_THAT(read.damage[0], HasSubstr("another stream begins"));
}

TEST_F(QvrDamageTest, PagesBehindTheLastAreNotRead) {
  auto more = pages_;
  more.push_back(pages_[4]);
  more.back().number = pages_.back().number + 1;
  const ReadStream read = ReadAll(JoinPages(more));
  ExpectWhole(read);
  ASSERT_EQ(read.damage.size(), 1u);
}

TEST_F(QvrDamageTest, JoinedLateCountsWhatIsMissing) {
  const auto at = PacketsAt();
  auto late = pages_;
  late.erase(late.begin() + 2, late.begin() + 5);
  ExpectLost(ReadAll(JoinPages(late)), 0, at[3]);
}

// Recorded from the middle, with page numbers made anew: the offset of the granule positions is found out,
// and later losses are counted as ever.
TEST_F(QvrDamageTest, ConstantOffsetIsLearnt) {
  auto shifted = pages_;
  for (size_t i = kHeaderPages; i < shifted.size(); ++i) shifted[i].granule += 44100 * 1000;
  const uint64_t gone = static_cast<uint64_t>(shifted[6].lacing.size()) * 10;
  shifted.erase(shifted.begin() + 6);
  const ReadStream read = ReadAll(JoinPages(shifted));
  EXPECT_EQ(read.Lost(), gone);
  EXPECT_EQ(read.Delivered() + gone, TotalFrames());
}

// Packets that run over from page to page, as other writers may lay them out.
class ContinuedTest : public QvrDamageTest {
 protected:
  // Each page holds 100 segments; packets are padded with zeros to 600 bytes, which take three.
  ContinuedTest() {
    std::vector<RawPage> pages(pages_.begin(), pages_.begin() + kHeaderPages);
    std::vector<uint8_t> lacing;
    Bytes body;
    std::vector<size_t> packet_of;
    for (size_t i = 0; i < stream_.packets.size(); ++i) {
      stream_.packets[i].resize(600);
      lacing.insert(lacing.end(), {255, 255, 90});
      packet_of.insert(packet_of.end(), 3, i);
      body.insert(body.end(), stream_.packets[i].begin(), stream_.packets[i].end());
    }
    uint64_t frames = 0;
    size_t used = 0;
    for (size_t at = 0; at < lacing.size(); at += 100) {
      RawPage page;
      page.serial = pages[0].serial;
      page.number = static_cast<uint32_t>(pages.size());
      page.continued = at % 3 != 0;
      page.lacing.assign(lacing.begin() + static_cast<std::ptrdiff_t>(at),
                         lacing.begin() + static_cast<std::ptrdiff_t>(std::min(at + 100, lacing.size())));
      const size_t bytes = std::accumulate(page.lacing.begin(), page.lacing.end(), size_t{0});
      page.body.assign(body.begin() + static_cast<std::ptrdiff_t>(used),
                       body.begin() + static_cast<std::ptrdiff_t>(used + bytes));
      used += bytes;
      for (size_t i = 0; i < page.lacing.size(); ++i) {
        if (page.lacing[i] < 255) frames += static_cast<uint64_t>(stream_.frames[packet_of[at + i]]);
      }
      page.last = at + 100 >= lacing.size();
      page.granule = static_cast<int64_t>(page.last ? stream_.samples : (frames * 320 - 80) * 44100 / 16000);
      pages.push_back(page);
    }
    pages_ = pages;
  }
};

TEST_F(ContinuedTest, PacketsArePutTogether) {
  ASSERT_GE(pages_.size(), 8u);
  const ReadStream read = ReadAll(JoinPages(pages_));
  ExpectWhole(read);
  EXPECT_THAT(read.damage, IsEmpty());
}

TEST_F(ContinuedTest, LostPagesTakeTheirHalfPacketsAlong) {
  for (size_t page = kHeaderPages; page + 1 < pages_.size(); ++page) {
    auto left = pages_;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(page));
    const size_t first = (page - kHeaderPages) * 100 / 3;
    const size_t last = ((page - kHeaderPages + 1) * 100 + 2) / 3;
    ExpectLost(ReadAll(JoinPages(left)), first, last);
  }
}

// Pages in order, but the first part of a packet that runs over to the next page is not there.
TEST_F(ContinuedTest, PacketsWithoutABeginningAreLost) {
  for (size_t page = kHeaderPages; page + 1 < pages_.size(); ++page) {
    if (!pages_[page + 1].continued) continue;
    auto changed = pages_;
    RawPage& cut = changed[page];
    while (cut.lacing.back() == 255) {
      cut.lacing.pop_back();
      cut.body.resize(cut.body.size() - 255);
    }
    const size_t packet = (page - kHeaderPages + 1) * 100 / 3;
    ExpectLost(ReadAll(JoinPages(changed)), packet, packet + 1);
  }
}

// The other part is not there, and the next page begins with a packet of its own.
TEST_F(ContinuedTest, PacketsWithoutAnEndAreLost) {
  for (size_t page = kHeaderPages; page + 1 < pages_.size(); ++page) {
    if (!pages_[page + 1].continued) continue;
    auto changed = pages_;
    RawPage& cut = changed[page + 1];
    cut.continued = false;
    const auto rest =
        std::find_if(cut.lacing.begin(), cut.lacing.end(), [](uint8_t lace) { return lace < 255; }) + 1;
    const size_t bytes = std::accumulate(cut.lacing.begin(), rest, size_t{0});
    cut.lacing.erase(cut.lacing.begin(), rest);
    cut.body.erase(cut.body.begin(), cut.body.begin() + static_cast<std::ptrdiff_t>(bytes));
    const size_t packet = (page - kHeaderPages + 1) * 100 / 3;
    ExpectLost(ReadAll(JoinPages(changed)), packet, packet + 1);
  }
}

// Page numbers may begin anywhere, and go on with 0 behind the largest.
TEST_F(ContinuedTest, PageNumbersWrapAround) {
  for (uint32_t before = 1; before < pages_.size(); ++before) {
    auto numbered = pages_;
    for (RawPage& page : numbered) page.number -= before;
    const ReadStream read = ReadAll(JoinPages(numbered));
    ExpectWhole(read);
    EXPECT_THAT(read.damage, IsEmpty());
  }
}

// Nobody knows how to read other versions of Ogg.
TEST_F(QvrDamageTest, PagesOfAnotherVersionAreLost) {
  const auto at = PacketsAt();
  Bytes file = JoinPages(std::span(pages_).first(3));
  const size_t begin = file.size();
  file = stream_.file;
  file[begin + 4] = 1;
  FixChecksums(file);
  ExpectLost(ReadAll(file), at[1], at[2]);
}

// A packet that goes on for 20 MB is given up, and the stream goes on behind it.
TEST_F(QvrDamageTest, EndlessPacketsAreGivenUp) {
  std::vector<RawPage> file(pages_.begin(), pages_.begin() + 3);
  RawPage endless = pages_[3];
  endless.granule = -1;
  endless.lacing.assign(255, 255);
  endless.body.assign(255 * 255, 'x');
  for (int i = 0; i < 300; ++i) {
    endless.number = static_cast<uint32_t>(file.size());
    endless.continued = i > 0;
    file.push_back(endless);
  }
  for (size_t i = 4; i < pages_.size(); ++i) {
    file.push_back(pages_[i]);
    file.back().number = static_cast<uint32_t>(file.size() - 1);
  }
  const auto at = PacketsAt();
  ExpectLost(ReadAll(JoinPages(file)), at[1], at[2]);
}

// A packet too long to be one, whole on its page: its frames are what the granule position says.
TEST_F(QvrDamageTest, OverlongPacketsAreLost) {
  const auto at = PacketsAt();
  auto changed = pages_;
  const size_t size = changed[3].lacing[0];
  changed[3].body.erase(changed[3].body.begin(), changed[3].body.begin() + static_cast<std::ptrdiff_t>(size));
  changed[3].body.insert(changed[3].body.begin(), 255 * 40, 'x');
  changed[3].lacing[0] = 0;
  changed[3].lacing.insert(changed[3].lacing.begin(), 40, 255);
  ExpectLost(ReadAll(JoinPages(changed)), at[1], at[1] + 1);
}

TEST_F(QvrDamageTest, KeepsTwentyLinesAtMost) {
  const TestStream stream = MakeStream(1, Header(), 600.0);
  auto pages = SplitPages(stream.file);
  std::vector<RawPage> every_other = {pages[0], pages[1]};
  for (size_t i = 3; i < pages.size(); i += 2) every_other.push_back(pages[i]);
  EXPECT_EQ(ReadAll(JoinPages(every_other)).damage.size(), 20u);
}

}  // namespace
}  // namespace quaver
