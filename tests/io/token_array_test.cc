// Arrays of every type, order and file that is accepted give the same matrix; the rest is refused by name.
#include "codec/io/token_array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "codec/container/token_array_file.h"
#include "codec/io/npy.h"
#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

using testing::HasSubstr;

// [4 frames, 3 tokens]; two tokens are missing.
const std::vector<std::vector<int64_t>> kTokens = {{1, 2, 3}, {999, 0, -1}, {300, 256, 255}, {7, 65535, -1}};

std::vector<uint16_t> Expected() {
  std::vector<uint16_t> values;
  for (const auto& row : kTokens)
    for (const int64_t token : row) values.push_back(static_cast<uint16_t>(token));
  return values;
}

struct Type {
  const char* descr;
  const char* safetensors;  // its name there; empty: none
  size_t bytes;
};
constexpr Type kTypes[] = {{"<u2", "U16", 2}, {">u2", "", 2}, {"<i2", "I16", 2}, {">i2", "", 2},
                           {"<u4", "U32", 4}, {">u4", "", 4}, {"<i4", "I32", 4}, {">i4", "", 4},
                           {"<i8", "I64", 8}, {">i8", "", 8}, {"=i8", "", 8}};

// -1 is not there in unsigned types.
void Append(int64_t value, const Type& type, std::string& bytes) {
  if (value < 0 && type.descr[1] == 'u') value = 65535;
  if (value == 65535 && type.descr[1] == 'i' && type.bytes == 2) value = -1;
  for (size_t i = 0; i < type.bytes; ++i) {
    const size_t place = type.descr[0] == '>' ? type.bytes - 1 - i : i;
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * place));
  }
}

std::string Values(const Type& type, bool by_column) {
  std::string bytes;
  if (by_column) {
    for (size_t c = 0; c < 3; ++c)
      for (const auto& row : kTokens) Append(row[c], type, bytes);
  } else {
    for (const auto& row : kTokens)
      for (const int64_t token : row) Append(token, type, bytes);
  }
  return bytes;
}

std::string Npy(const std::string& descr, bool fortran, const std::string& shape, const std::string& values) {
  const std::string header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                             ", 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header + values;
}

ByteSource From(const std::string& bytes) {
  auto place = std::make_shared<size_t>(0);
  return [place, bytes](std::span<uint8_t> out) -> int64_t {
    const size_t n = std::min({out.size(), bytes.size() - *place, size_t{7}});
    std::memcpy(out.data(), bytes.data() + *place, n);
    *place += n;
    return static_cast<int64_t>(n);
  };
}

// As the program reads a file: by its first bytes.
Result<TokenMatrix> Read(const std::string& bytes, TokenLayout layout = TokenLayout::kFramesFirst) {
  const auto kind =
      ArrayKindOf({reinterpret_cast<const uint8_t*>(bytes.data()), std::min(bytes.size(), kArrayStartBytes)});
  if (kind == TokenArrayKind::kNone) return Error{"no array"};
  return ReadTokenArray(kind, From(bytes), "t", layout);
}

std::string Cause(const std::string& bytes, TokenLayout layout = TokenLayout::kFramesFirst) {
  const auto read = Read(bytes, layout);
  return read.ok() ? "read" : read.message();
}

void ExpectTokens(const Result<TokenMatrix>& read) {
  ASSERT_TRUE(read.ok()) << read.message();
  EXPECT_EQ(read.value().rows, 4u);
  EXPECT_EQ(read.value().columns, 3u);
  EXPECT_EQ(read.value().values, Expected());
}

std::string Safetensors(const std::string& header, const std::string& values) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  return bytes + header + values;
}

class TokenArrayTest : public TempFolder {
 protected:
  // An archive as numpy.savez or numpy.savez_compressed makes it.
  std::string Npz(const std::vector<std::pair<std::string, std::string>>& members, bool deflated) const {
    const std::string path = Path("t.npz");
    int error = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const auto& [name, bytes] : members) {
      zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
      const auto index = static_cast<zip_uint64_t>(zip_file_add(archive, name.c_str(), source, 0));
      zip_set_file_compression(archive, index, deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    }
    EXPECT_EQ(zip_close(archive), 0);
    return Content(path);
  }
};

TEST_F(TokenArrayTest, EveryTypeOrderAndLayoutGivesTheSameTokens) {
  for (const Type& type : kTypes) {
    SCOPED_TRACE(type.descr);
    const std::string rows = Values(type, false);
    const std::string columns = Values(type, true);
    ExpectTokens(Read(Npy(type.descr, false, "(4, 3)", rows)));
    ExpectTokens(Read(Npy(type.descr, true, "(4, 3)", columns)));
    ExpectTokens(Read(Npy(type.descr, false, "(1, 4, 3)", rows)));
    ExpectTokens(Read(Npy(type.descr, true, "(1, 1, 4, 3)", columns)));
    ExpectTokens(Read(Npy(type.descr, false, "(3, 4)", columns), TokenLayout::kFramesLast));
    ExpectTokens(Read(Npy(type.descr, true, "(3, 4)", rows), TokenLayout::kFramesLast));
    ExpectTokens(Read(Npy(type.descr, false, "(1, 3, 4)", columns), TokenLayout::kFramesLast));
  }
}

TEST_F(TokenArrayTest, NpzAndSafetensorsGiveThemToo) {
  for (const Type& type : kTypes) {
    SCOPED_TRACE(type.descr);
    const std::string npy = Npy(type.descr, false, "(4, 3)", Values(type, false));
    ExpectTokens(Read(Npz({{"codes.npy", npy}}, false)));
    ExpectTokens(Read(Npz({{"arr_0.npy", npy}}, true)));
    if (*type.safetensors == '\0') continue;
    const std::string start =
        std::string("{\"__metadata__\":{\"format\":\"pt\"},\"codes\":{\"dtype\":\"") + type.safetensors;
    const std::string end = "\"data_offsets\":[0," + std::to_string(12 * type.bytes) + "]}}";
    ExpectTokens(Read(Safetensors(start + "\",\"shape\":[1,4,3]," + end, Values(type, false))));
    ExpectTokens(
        Read(Safetensors(start + "\",\"shape\":[3,4]," + end, Values(type, true)), TokenLayout::kFramesLast));
  }
}

TEST_F(TokenArrayTest, ABadTokenIsNamedByItsPlaceInTheArray) {
  const auto with = [](int64_t token, const Type& type) {
    std::string values;
    for (int i = 0; i < 12; ++i) Append(i == 7 ? token : i, type, values);
    return values;
  };
  const std::string far = with(70000, kTypes[8]);
  EXPECT_THAT(Cause(Npy("<i8", false, "(4, 3)", far)), HasSubstr("t: row 2, column 1: 70000 is not a token"));
  EXPECT_THAT(Cause(Npy("<i8", true, "(4, 3)", far)), HasSubstr("row 3, column 1: 70000"));
  EXPECT_THAT(Cause(Npy("<i8", false, "(3, 4)", far), TokenLayout::kFramesLast),
              HasSubstr("row 1, column 3: 70000"));
  EXPECT_THAT(Cause(Npy("<i2", false, "(4, 3)", with(-2, kTypes[2]))), HasSubstr("column 1: -2 is not"));
  EXPECT_THAT(Cause(Npy("<u4", false, "(4, 3)", with(int64_t{0xFFFFFFFF}, kTypes[4]))),
              HasSubstr("column 1: 4294967295 is not"));
  EXPECT_THAT(Cause(Npy(">i8", false, "(4, 3)", with(INT64_MIN, kTypes[9]))), HasSubstr("is not a token"));
}

TEST_F(TokenArrayTest, TransposedArraysAreToldHowToBeRead) {
  EXPECT_THAT(Cause(Npy("<u2", false, "(8, 2000)", "")), HasSubstr("--layout n_q,T"));
  EXPECT_THAT(Cause(Npy("<u2", false, "(2000, 8)", ""), TokenLayout::kFramesLast),
              HasSubstr("--layout T,n_q"));
}

TEST_F(TokenArrayTest, ForeignArchivesAreRefusedByName) {
  const std::string npy = Npy("<u2", false, "(4, 3)", Values(kTypes[0], false));
  EXPECT_THAT(Cause(Npz({{"codes.npy", npy}, {"mel.npy", npy}}, true)),
              HasSubstr("t: the archive holds 2 files ('codes.npy', 'mel.npy')"));
  EXPECT_THAT(Cause(Npz({{"readme.txt", "x"}}, false)), HasSubstr("no array of NumPy"));
  EXPECT_THAT(Cause(Npz({{"x/data.pkl", "x"}, {"x/data/0", "y"}}, false)), HasSubstr("PyTorch"));
  EXPECT_THAT(Cause(std::string("PK\5\6", 4) + std::string(18, '\0')), HasSubstr("t: the archive is empty"));
  EXPECT_THAT(Cause(Npz({{"a.npy", Npy("<f8", false, "(4, 3)", "")}}, true)),
              HasSubstr("t: 'a.npy': the header dtype is '<f8' (float64)"));
  const std::string one = "{\"a\":{\"dtype\":\"U16\",\"shape\":[4,3],\"data_offsets\":[0,24]}";
  EXPECT_THAT(
      Cause(Safetensors(one + ",\"b\":{\"dtype\":\"U16\",\"shape\":[0],\"data_offsets\":[24,24]}}", "")),
      HasSubstr("t: holds 2 tensors ('a', 'b')"));
  EXPECT_THAT(Cause(Safetensors("{}", "")), HasSubstr("holds 0 tensors"));
  EXPECT_THAT(Cause(Safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[4,3],\"data_offsets\":[0,48]}}", "")),
              HasSubstr("t: 'a': dtype is 'F32'"));
  EXPECT_THAT(Cause(Safetensors("{\"a\":{\"dtype\":\"U16\",\"shape\":[4,3],\"data_offsets\":[2,26]}}", "")),
              HasSubstr("gap"));
  EXPECT_THAT(Cause(Safetensors(one + "}", std::string(22, '\0'))), HasSubstr("ends after 11"));
  EXPECT_THAT(Cause(Safetensors(one + "}", std::string(26, '\0'))), HasSubstr("bytes follow"));
}

TEST_F(TokenArrayTest, EveryCutAndEveryFlippedByteIsSurvived) {
  const std::string npy = Npy("<i4", false, "(4, 3)", Values(kTypes[6], false));
  const std::string safe = Safetensors("{\"a\":{\"dtype\":\"I16\",\"shape\":[4,3],\"data_offsets\":[0,24]}}",
                                       Values(kTypes[2], false));
  for (const std::string& good : {Npz({{"a.npy", npy}}, true), Npz({{"a.npy", npy}}, false), safe}) {
    ExpectTokens(Read(good));
    for (size_t n = 0; n < good.size(); ++n) EXPECT_NE(Cause(good.substr(0, n)), "read") << n;
    for (size_t i = 0; i < good.size() * 8; ++i) {
      std::string bad = good;
      bad[i / 8] = static_cast<char>(bad[i / 8] ^ 1 << i % 8);
      const auto read = Read(bad);
      if (read.ok()) {
        EXPECT_EQ(read.value().values.size(), 12u) << i;
      }
    }
  }
}

}  // namespace
}  // namespace quaver
