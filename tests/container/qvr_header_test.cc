#include "codec/container/qvr_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/container/qvr_tags.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

Status Read(std::span<const uint8_t> packet) {
  std::vector<QvrTag> tags;
  return ReadCommentHeader(packet, tags);
}

using ::testing::HasSubstr;

QvrHeader Sample() {
  QvrHeader header;
  for (size_t i = 0; i < header.model.size(); ++i) header.model[i] = static_cast<uint8_t>(i * 7 + 1);
  header.frame_samples = 480;
  header.model_rate = 24000;
  header.original_rate = 44100;
  header.original_channels = 2;
  header.pre_skip = 0x1234;
  header.defaults = {12, 6};
  return header;
}

// The table of docs/reference/bitstream.md, byte by byte.
TEST(QvrHeader, BytesAreAsSpecified) {
  const auto bytes = WriteIdHeader(Sample());
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), "QuavHead");
  EXPECT_EQ(bytes[8], 1);
  EXPECT_TRUE(std::equal(bytes.begin() + 9, bytes.begin() + 41, Sample().model.begin()));
  const Bytes rest(bytes.begin() + 41, bytes.end());
  EXPECT_EQ(rest, (Bytes{0xE0, 1, 0, 0, 0xC0, 0x5D, 0, 0, 0x44, 0xAC, 0, 0, 2, 0x34, 0x12, 12, 6}));
}

TEST(QvrHeader, ComesBack) {
  const auto bytes = WriteIdHeader(Sample());
  const QvrHeader back = ParseIdHeader(bytes).value();
  EXPECT_EQ(WriteIdHeader(back), bytes);
  EXPECT_EQ(back.original_rate, 44100u);
  EXPECT_EQ(back.pre_skip, 0x1234);
  EXPECT_EQ(back.defaults.n_q, 6);
}

TEST(QvrHeader, RefusesByName) {
  const auto refused = [](size_t at, Bytes value) {
    auto bytes = WriteIdHeader(Sample());
    std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    const auto parsed = ParseIdHeader(bytes);
    return parsed.ok() ? std::string() : parsed.message();
  };
  EXPECT_THAT(refused(0, {'x'}), HasSubstr("QuavHead"));
  EXPECT_THAT(refused(8, {2}), HasSubstr("version 2 is not known"));
  EXPECT_THAT(refused(41, {31, 0}), HasSubstr("frame_samples 31 is outside 32 .. 1920"));
  EXPECT_THAT(refused(45, {0, 0, 0, 0xFF}), HasSubstr("model_rate 4278190080 is outside"));
  EXPECT_THAT(refused(49, {0xE7, 3}), HasSubstr("original_rate 999 is outside 1000 .. 768000"));
  EXPECT_THAT(refused(53, {0}), HasSubstr("original_channels 0 is outside 1 .. 255"));
  EXPECT_THAT(refused(56, {26}), HasSubstr("default frames 26 is outside 1 .. 25"));
  EXPECT_THAT(refused(57, {19}), HasSubstr("default n_q 19 is outside 0 .. 18"));
  const auto bytes = WriteIdHeader(Sample());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(ParseIdHeader(std::span(bytes).first(size)).ok());
}

TEST(QvrHeader, WriterRefusesWhatTheReaderWould) {
  QvrHeader header = Sample();
  header.original_rate = 0;
  const auto writer = QvrWriter::Create(header, [](std::span<const uint8_t>) { return true; });
  ASSERT_FALSE(writer.ok());
  EXPECT_THAT(writer.message(), HasSubstr("original_rate 0"));
}

TEST(QvrHeader, CommentsAreCheckedInBounds) {
  const Bytes good = WriteCommentHeader();
  EXPECT_TRUE(Read(good).ok());
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Read(std::span(good).first(size)).ok()) << size;
  }
  Bytes comments = good;
  comments[comments.size() - 4] = 1;
  comments.insert(comments.end(), {3, 0, 0, 0, 'a', '=', 'b'});
  EXPECT_TRUE(Read(comments).ok());
  comments.pop_back();
  EXPECT_THAT(Read(comments).message(), HasSubstr("comment 0 of 1"));
  Bytes huge = good;
  huge[8] = huge[9] = huge[10] = huge[11] = 0xFF;
  EXPECT_THAT(Read(huge).message(), HasSubstr("vendor"));
}

TEST(QvrGranule, CountsCompleteSamplesWithoutPreSkip) {
  QvrHeader header;
  header.pre_skip = 80;
  header.original_rate = 44100;
  EXPECT_EQ(GranuleAfter(header, 0), 0u);
  EXPECT_EQ(GranuleAfter(header, 1), 661u);  // 240 * 2.75625 = 661.5
  EXPECT_EQ(GranuleAfter(header, 50), 43879u);
  EXPECT_EQ(GranuleAfter(header, uint64_t{1} << 30), 947040288547u);
}

TEST(QvrGranule, FramesAtIsTheInverse) {
  Random random(1);
  for (int trial = 0; trial < 20000; ++trial) {
    QvrHeader header;
    header.model_rate = 8000 + static_cast<uint32_t>(Below(random, 40001));
    header.frame_samples = 32 + static_cast<uint32_t>(Below(random, 1889));
    header.original_rate = 1000 + static_cast<uint32_t>(Below(random, 767001));
    header.pre_skip = static_cast<uint16_t>(random());
    const uint64_t granule = (uint64_t{random()} << 16 | random() >> 16) >> Below(random, 48);
    const uint64_t frames = FramesAt(header, granule);
    ASSERT_GE(GranuleAfter(header, frames), granule);
    if (frames > 0) {
      ASSERT_LT(GranuleAfter(header, frames - 1), granule);
    }
  }
}

}  // namespace
}  // namespace quaver
