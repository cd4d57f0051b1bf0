#include "codec/io/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NpyTest : public TempFolder {};

std::string Npy(const std::string& header, const std::string& values, char major = 1) {
  std::string text = std::string("\x93NUMPY") + major + '\0' + static_cast<char>(header.size() & 0xFF) +
                     static_cast<char>(header.size() >> 8);
  if (major > 1) text += std::string(2, '\0');
  return text + header + values;
}

constexpr char kHeader[] = "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }\n";

Result<TokenMatrix> Read(const std::string& bytes) {
  size_t place = 0;
  // Five bytes at a time, as a slow pipe might.
  const ByteSource source = [&](std::span<uint8_t> out) -> int64_t {
    const size_t n = std::min({out.size(), bytes.size() - place, size_t{5}});
    std::memcpy(out.data(), bytes.data() + place, n);
    place += n;
    return static_cast<int64_t>(n);
  };
  return ReadNpy(source, "t.npy");
}

std::string Cause(const std::string& bytes) {
  const auto result = Read(bytes);
  return result.ok() ? "read" : result.message();
}

TEST_F(NpyTest, RoundTrip) {
  auto writer = NpyWriter::Create(Path("t.npy"), 3);
  ASSERT_TRUE(writer.ok());
  const std::vector<uint16_t> values = {1, 2, 3, 999, 1023, 0xFFFF, 0, 256, 255};
  EXPECT_TRUE(writer.value()->Write(std::span(values).first(6)).ok());
  EXPECT_TRUE(writer.value()->Write(std::span(values).subspan(6)).ok());
  EXPECT_FALSE(writer.value()->Write(std::span(values).first(2)).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  const auto matrix = ReadNpy(Path("t.npy"));
  ASSERT_TRUE(matrix.ok()) << matrix.message();
  EXPECT_EQ(matrix.value().rows, 3U);
  EXPECT_EQ(matrix.value().columns, 3U);
  EXPECT_EQ(matrix.value().values, values);
  const std::string bytes = Content(Path("t.npy"));
  EXPECT_EQ(bytes.size(), 128U + 18U);
  EXPECT_EQ(bytes[127], '\n');
}

TEST_F(NpyTest, NoRows) {
  auto writer = NpyWriter::Create(Path("t.npy"), 6);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  const auto matrix = ReadNpy(Path("t.npy"));
  ASSERT_TRUE(matrix.ok()) << matrix.message();
  EXPECT_EQ(matrix.value().rows, 0U);
  EXPECT_EQ(matrix.value().columns, 6U);
}

TEST_F(NpyTest, LeavesNothingWithoutCommit) {
  { EXPECT_TRUE(NpyWriter::Create(Path("t.npy"), 3).value()->Write(std::vector<uint16_t>(3)).ok()); }
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_FALSE(NpyWriter::Create(Path("t.npy"), 0).ok());
  EXPECT_FALSE(NpyWriter::Create(Path("t.npy"), kMaxTokenColumns + 1).ok());
}

TEST_F(NpyTest, ReadsWhatNumPyWrites) {
  for (const char major : {'\x01', '\x02', '\x03'}) {
    const auto matrix = Read(Npy(kHeader, std::string("\1\0\2\0\3\0\4\0\5\0\6\1", 12), major));
    ASSERT_TRUE(matrix.ok()) << matrix.message();
    EXPECT_THAT(matrix.value().values, ElementsAre(1, 2, 3, 4, 5, 262));
  }
  const auto column = Read(Npy("{\"shape\": (2,1), \"descr\": \"<u2\", \"fortran_order\": False}", "abcd"));
  ASSERT_TRUE(column.ok()) << column.message();
  EXPECT_EQ(column.value().rows, 2U);
  EXPECT_EQ(column.value().columns, 1U);
}

TEST_F(NpyTest, RefusesTheHostile) {
  const auto with = [](const std::string& descr, const std::string& order, const std::string& shape) {
    return Npy("{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + "}",
               std::string(12, '\0'));
  };
  EXPECT_EQ(Cause(with("'<u2'", "False", "(2, 3)")), "read");
  EXPECT_THAT(Cause(with("'<f4'", "False", "(2, 3)")),
              HasSubstr("t.npy: the header dtype is '<f4' (float32); tokens are int16, int32"));
  EXPECT_THAT(Cause(with("'|u1'", "False", "(2, 3)")), HasSubstr("uint8"));
  EXPECT_THAT(Cause(with("'<u8'", "False", "(2, 3)")), HasSubstr("uint64"));
  EXPECT_THAT(Cause(with("'<U5'", "False", "(2, 3)")), HasSubstr("dtype"));
  EXPECT_THAT(Cause(with("''", "False", "(2, 3)")), HasSubstr("dtype"));
  EXPECT_THAT(Cause(with("'<'", "False", "(2, 3)")), HasSubstr("dtype"));
  EXPECT_THAT(Cause(with("'|O'", "False", "(2, 3)")), HasSubstr("dtype"));
  EXPECT_THAT(Cause(with("[('a', '<u2')]", "False", "(2, 3)")), HasSubstr("descr"));
  EXPECT_THAT(Cause(with("'<u2'", "1", "(2, 3)")), HasSubstr("fortran_order"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(6,)")), HasSubstr("the shape (6,) is flat"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(2, 1, 3)")), HasSubstr("a batch of 2 clips"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(1, 2, 1, 3)")), HasSubstr("has 4 dimensions"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "()")), HasSubstr("no dimension"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(-1, 3)")), HasSubstr("not a size"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(99999999999999999999999, 3)")), HasSubstr("not a size"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(9223372036854775807, 4)")), HasSubstr("1 GiB"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(1, 99999)")), HasSubstr("columns"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(6, 0)")), HasSubstr("columns"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(100000000, 3)")), HasSubstr("ends after 6"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(3, 3)")), HasSubstr("needs 9 values, the file ends after 6"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(1, 3)")), HasSubstr("bytes follow"));
  EXPECT_THAT(Cause(with("'<u2'", "False", "(2, 3), 'shape': (2, 3)")), HasSubstr("repeated"));
  EXPECT_THAT(Cause(Npy("{'descr': '<u2'}", "")), HasSubstr("has no descr"));
  EXPECT_THAT(Cause(Npy(std::string(kHeader) + "x", "")), HasSubstr("continues"));
  EXPECT_THAT(Cause(Npy(std::string(60000, ' '), "")), HasSubstr("too long"));
  EXPECT_THAT(Cause(Npy(kHeader, "", 4)), HasSubstr("version 4"));
  EXPECT_THAT(Cause("RIFFxxxxWAVE"), HasSubstr("not a .npy file"));
  EXPECT_THAT(Cause(""), HasSubstr("not a .npy file"));
}

TEST_F(NpyTest, EveryCutAndEveryFlippedByteIsSurvived) {
  const std::string good = Npy(kHeader, std::string(12, '\1'));
  for (size_t n = 0; n < good.size(); ++n) EXPECT_NE(Cause(good.substr(0, n)), "read") << n;
  for (size_t i = 0; i < good.size() * 8; ++i) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ 1 << i % 8);
    const auto result = Read(bad);
    if (result.ok()) {
      EXPECT_EQ(result.value().values.size(), 6U) << i;
    }
  }
}

TEST_F(NpyTest, NamesAMissingFile) {
  EXPECT_THAT(ReadNpy(Path("none.npy")).message(), HasSubstr("none.npy: cannot be opened: No such file"));
  EXPECT_THAT(ReadNpy(Path("")).message(), HasSubstr("is a directory"));
}

}  // namespace
}  // namespace quaver
