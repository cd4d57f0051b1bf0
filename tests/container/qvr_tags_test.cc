// Comments of .qvr files.
#include "codec/container/qvr_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/container/quaver_file.h"
#include "codec/container/qvr.h"
#include "codec/util/utf8.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

using testing::HasSubstr;

ByteSink Into(Bytes& file) {
  return [&file](std::span<const uint8_t> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return true;
  };
}

Bytes Tagged(const std::vector<QvrTag>& tags) {
  Bytes file;
  auto writer = QvrWriter::Create({}, tags, Into(file));
  EXPECT_TRUE(writer.ok()) << writer.message();
  if (!writer.ok()) return {};
  EXPECT_TRUE(writer.value().Finish(0).ok());
  return file;
}

std::vector<std::string> Read(const Bytes& file) {
  auto reader = QvrReader::Open(FromMemory(file), "t.qvr");
  EXPECT_TRUE(reader.ok());
  std::vector<std::string> tags;
  for (const QvrTag& tag : reader.value().tags()) tags.push_back(tag.name + "=" + tag.value);
  EXPECT_TRUE(reader.value().damage().empty());
  return tags;
}

TEST(QvrTags, ComeBackAsTheyWentIn) {
  EXPECT_THAT(Read(Tagged({})), testing::IsEmpty());
  EXPECT_THAT(Read(Tagged({{"TITLE", "Größe=大きさ"}, {"artist", ""}, {"TITLE", "b"}})),
              testing::ElementsAre("TITLE=Größe=大きさ", "artist=", "TITLE=b"));
  const std::string large(kMaxQvrTagBytes - 6, 'x');
  EXPECT_THAT(Read(Tagged({{"A", large}})), testing::ElementsAre("A=" + large));
}

TEST(QvrTags, WithoutThemTheFileIsAsBefore) {
  Bytes plain;
  auto writer = QvrWriter::Create({}, Into(plain));
  ASSERT_TRUE(writer.ok() && writer.value().Finish(0).ok());
  EXPECT_EQ(Tagged({}), plain);
}

TEST(QvrTags, WhatIsNoneIsRefused) {
  Bytes file;
  const auto cause = [&file](const QvrTag& tag) {
    const auto writer = QvrWriter::Create({}, std::vector<QvrTag>{{"A", "b"}, tag}, Into(file));
    return writer.ok() ? "" : writer.message();
  };
  EXPECT_THAT(cause({"", "x"}), HasSubstr("tag 1"));
  EXPECT_THAT(cause({"A=B", "x"}), HasSubstr("name"));
  EXPECT_THAT(cause({"A\n", "x"}), HasSubstr("name"));
  EXPECT_THAT(cause({"A", "\xC3"}), HasSubstr("UTF-8"));
  EXPECT_THAT(cause({"A", std::string(kMaxQvrTagBytes, 'x')}), HasSubstr("60000"));
  EXPECT_TRUE(file.empty());
}

TEST(QvrTags, InvalidOnesOfOthersAreLeftOut) {
  Bytes bytes = WriteCommentHeader(std::vector<QvrTag>{{"A", "1"}, {"B", "xx"}, {"C", "3"}});
  bytes[bytes.size() - 8] = 0xFF;  // the second x
  std::vector<QvrTag> tags;
  ASSERT_TRUE(ReadCommentHeader(bytes, tags).ok());
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[1].name, "C");
}

TEST(QvrTags, HostileOnesCostNoOthers) {
  const std::string text("line\nline\0end", 13);
  const std::vector<QvrTag> written = {{"", "1"},         {"A\n", "2"}, {"B", text},
                                       {"\xC3\x89", "3"}, {"C", "="},   {"D", "\xFF"}};
  const Bytes good = WriteCommentHeader(written);
  std::vector<QvrTag> tags;
  ASSERT_TRUE(ReadCommentHeader(good, tags).ok());
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[0].value, text);
  EXPECT_EQ(tags[1].value, "=");

  Bytes bytes = good;
  std::ranges::replace(bytes, uint8_t{'='}, uint8_t{':'});  // nowhere a name
  tags.clear();
  EXPECT_TRUE(ReadCommentHeader(bytes, tags).ok());
  EXPECT_TRUE(tags.empty());

  bytes = good;  // more comments than there are
  std::fill_n(bytes.begin() + 18, 4, uint8_t{0xFF});
  EXPECT_THAT(ReadCommentHeader(bytes, tags).message(), HasSubstr("comment 6 of 4294967295"));
  EXPECT_EQ(tags.size(), 2u);  // those before it

  bytes = good;  // a length that lies
  std::fill_n(bytes.begin() + 22, 4, uint8_t{0xFF});
  EXPECT_THAT(ReadCommentHeader(bytes, tags).message(), HasSubstr("comment 0 of 6 runs past the end"));
}

TEST(QvrTags, InCToo) {
  quaver_file_header header{};
  header.frame_samples = 320;
  header.model_rate = header.original_rate = 16000;
  header.original_channels = 1;
  header.format = {25, 6};
  Bytes file;
  const auto write = [](void* user, const void* bytes, size_t size) {
    const auto* from = static_cast<const uint8_t*>(bytes);
    static_cast<Bytes*>(user)->insert(static_cast<Bytes*>(user)->end(), from, from + size);
    return 0;
  };
  const char* comments[] = {"TITLE=a=b", "X="};
  quaver_file_writer* writer =
      quaver_file_writer_create_with_comments(&header, comments, 2, write, &file, nullptr, 0);
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(quaver_file_writer_finish(writer, 0), 0);
  quaver_file_writer_close(writer);
  EXPECT_THAT(Read(file), testing::ElementsAre("TITLE=a=b", "X="));

  struct Source {
    Bytes* file;
    size_t at;
  } source{&file, 0};
  const auto read = [](void* user, void* bytes, size_t size) -> int64_t {
    auto* from = static_cast<Source*>(user);
    const size_t count = std::min(size, from->file->size() - from->at);
    std::copy_n(from->file->begin() + static_cast<std::ptrdiff_t>(from->at), count,
                static_cast<uint8_t*>(bytes));
    from->at += count;
    return static_cast<int64_t>(count);
  };
  quaver_file_reader* reader = quaver_file_reader_open(read, &source, "t.qvr", nullptr, 0);
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(quaver_file_reader_comment_count(reader), 2);
  EXPECT_STREQ(quaver_file_reader_comment(reader, 0), "TITLE=a=b");
  EXPECT_STREQ(quaver_file_reader_comment(reader, 1), "X=");
  EXPECT_EQ(quaver_file_reader_comment(reader, 2), nullptr);
  EXPECT_EQ(quaver_file_reader_comment(reader, -1), nullptr);
  quaver_file_reader_close(reader);

  const char* wrong[] = {"no name"};
  char why[200] = "";
  EXPECT_EQ(quaver_file_writer_create_with_comments(&header, wrong, 1, write, &file, why, sizeof why),
            nullptr);
  EXPECT_THAT(why, HasSubstr("comment 0"));
}

TEST(QvrTags, Utf8IsChecked) {
  for (const char* good : {"", "a", "é", "大", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(IsValidUtf8(good));
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE5\xA4", "\xC3(", "\xFF"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
  }
  EXPECT_EQ(AsUtf8("Gr\xF6\xDF"
                   "e"),
            "Größe");
  EXPECT_EQ(AsUtf8("Größe"), "Größe");
}

}  // namespace
}  // namespace quaver
