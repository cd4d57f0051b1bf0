// Weights files that lie: each is refused with an error that names the file and the tensor or the cause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "codec/model/eight_bit.h"
#include "codec/model/layers.h"
#include "codec/model/safetensors.h"
#include "codec/model/weights.h"
#include "tests/model/random_weights.h"

namespace quaver {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kTensor = "decoder.frames.0.up.weight";
constexpr const char* kFirst = "decoder.frames.0.down.bias";  // its data begin at 0

// A file taken apart.
struct File {
  json header;
  std::vector<uint8_t> data;
  json& tensor() { return header[kTensor]; }
  json& metadata() { return header["__metadata__"]; }
};

std::vector<uint8_t> BytesOf(const Config& config) {
  Weights weights = RandomWeights(config, 11);
  return SerializeWeights(weights).value();
}

const std::vector<uint8_t>& GoodBytes() {
  static const std::vector<uint8_t> bytes = BytesOf(TinyConfig());
  return bytes;
}

File TakenApart(const std::vector<uint8_t>& bytes) {
  const size_t start = ParseSafetensorsHeader(bytes, "good").value().data_start;
  return {json::parse(bytes.begin() + 8, bytes.begin() + static_cast<std::ptrdiff_t>(start)),
          {bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end()}};
}

File GoodFile() { return TakenApart(GoodBytes()); }

std::vector<uint8_t> Join(const std::string& header, const std::vector<uint8_t>& data) {
  std::vector<uint8_t> bytes;
  for (int shift = 0; shift < 64; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(header.size()) >> shift));
  }
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::string ErrorOf(std::span<const uint8_t> bytes, Verify verify = Verify::kHash) {
  const auto weights = ParseWeights(bytes, "evil.safetensors", verify);
  return weights.ok() ? "no error" : weights.message();
}

std::string ErrorOf(const std::string& header, const std::vector<uint8_t>& data) {
  return ErrorOf(Join(header, data));
}

std::string ErrorAfter(const std::function<void(File&)>& change, Verify verify = Verify::kHash) {
  File file = GoodFile();
  change(file);
  return ErrorOf(Join(file.header.dump(), file.data), verify);
}

// The same, and the error must begin with the file and name the tensor.
std::string TensorErrorAfter(const std::function<void(json&)>& change) {
  const std::string error = ErrorAfter([&](File& file) { change(file.tensor()); });
  EXPECT_THAT(error, HasSubstr(std::string("evil.safetensors: tensor \"") + kTensor + "\": "));
  return error;
}

TEST(HostileWeights, TheUnchangedFileIsGood) {
  EXPECT_EQ(ErrorOf(GoodBytes()), "no error");
  EXPECT_EQ(ErrorAfter([](File&) {}), "no error") << "padding of the header is free";
  EXPECT_EQ(GoodFile().header[kFirst]["data_offsets"][0], 0) << "the tests below count on it";
}

TEST(HostileWeights, Offsets) {
  const uint64_t size = GoodFile().data.size();
  const uint64_t begin = GoodFile().tensor()["data_offsets"][0];
  const uint64_t end = GoodFile().tensor()["data_offsets"][1];
  const auto error = [](const json& offsets) {
    return TensorErrorAfter([&](json& tensor) { tensor["data_offsets"] = offsets; });
  };
  EXPECT_THAT(error({begin - 2, end - 2}), HasSubstr("overlap"));
  EXPECT_THAT(error({0, end - begin}), HasSubstr("overlap"));
  EXPECT_THAT(error({size, size + end - begin}), HasSubstr("beyond"));
  EXPECT_THAT(error({UINT64_MAX - (end - begin), UINT64_MAX}), HasSubstr("beyond"));
  EXPECT_THAT(error({begin, end - 2}), HasSubstr("its shape needs"));
  EXPECT_THAT(error({begin, UINT64_MAX}), HasSubstr("its shape needs"));
  EXPECT_THAT(error({end, begin}), HasSubstr("end before they begin"));
  EXPECT_THAT(error({begin, -1}), HasSubstr("list of two offsets"));
  EXPECT_THAT(error({-2, end}), HasSubstr("list of two offsets"));
  EXPECT_THAT(error({begin, 1e300}), HasSubstr("list of two offsets"));
  EXPECT_THAT(error({begin, static_cast<double>(end)}), HasSubstr("list of two offsets"));
  EXPECT_THAT(error({begin, end, end}), HasSubstr("list of two offsets"));
  EXPECT_THAT(error({begin}), HasSubstr("list of two offsets"));
  EXPECT_THAT(error("0"), HasSubstr("list of two offsets"));
  EXPECT_THAT(TensorErrorAfter([](json& tensor) { tensor.erase("data_offsets"); }), HasSubstr("missing"));
}

TEST(HostileWeights, OffsetsBeyond64Bits) {
  std::string header = GoodFile().header.dump();
  const std::string end = std::to_string(GoodFile().tensor()["data_offsets"][1].get<uint64_t>()) + "]";
  header.replace(header.find(end), end.size(), "18446744073709551617]");  // 2^64 + 1
  EXPECT_THAT(ErrorOf(header, GoodFile().data), HasSubstr("list of two offsets"));
}

TEST(HostileWeights, GapsAndSurplusData) {
  const auto shift_first = [](File& file) {
    json& offsets = file.header[kFirst]["data_offsets"];
    const uint64_t size = offsets[1];
    offsets = {file.data.size(), file.data.size() + size};
    file.data.resize(file.data.size() + size);
  };
  EXPECT_THAT(ErrorAfter(shift_first), HasSubstr("leave a gap before them"));
  EXPECT_THAT(ErrorAfter([](File& file) { file.data.push_back(0); }),
              HasSubstr("1 bytes after the last tensor"));
}

TEST(HostileWeights, Shapes) {
  const auto error = [](const json& shape) {
    return TensorErrorAfter([&](json& tensor) { tensor["shape"] = shape; });
  };
  const json good = GoodFile().tensor()["shape"];
  const uint64_t rows = good[0];
  const uint64_t columns = good[2];
  EXPECT_THAT(error({rows, columns}), HasSubstr("its shape is"));
  EXPECT_THAT(error({columns, 1, rows}), HasSubstr("its shape is"));
  EXPECT_THAT(error(json::array()), HasSubstr("its shape is []"));
  EXPECT_THAT(error({0, 1, columns}), HasSubstr("its shape is"));
  // 2^63 * 2 * rows * columns is 0 in 64 bits, and the second wraps to the right count.
  EXPECT_THAT(error({uint64_t{1} << 63, 2, columns}), HasSubstr("its shape is"));
  EXPECT_THAT(error({rows + (uint64_t{1} << 63), 2, columns}), HasSubstr("its shape is"));
  EXPECT_THAT(error({rows, 1, -1}), HasSubstr("list of at most 8 sizes"));
  EXPECT_THAT(error({rows, 1, 1.5}), HasSubstr("list of at most 8 sizes"));
  EXPECT_THAT(error({1, 1, 1, 1, 1, 1, 1, 1, 1}), HasSubstr("list of at most 8 sizes"));
  EXPECT_THAT(error("[60, 1, 20]"), HasSubstr("list of at most 8 sizes"));
  EXPECT_THAT(TensorErrorAfter([](json& tensor) { tensor.erase("shape"); }), HasSubstr("missing"));
}

TEST(HostileWeights, DtypesAndKeys) {
  const auto error = [](const json& dtype) {
    return TensorErrorAfter([&](json& tensor) { tensor["dtype"] = dtype; });
  };
  EXPECT_THAT(error("F32"), HasSubstr("its dtype is \"F32\", not F16"));
  EXPECT_THAT(error("BF16"), HasSubstr("its dtype is \"BF16\", not F16"));
  EXPECT_THAT(error("f16"), HasSubstr("not F16"));
  EXPECT_THAT(error(16), HasSubstr("not a string"));
  EXPECT_THAT(TensorErrorAfter([](json& tensor) { tensor.erase("dtype"); }), HasSubstr("missing"));
  EXPECT_THAT(TensorErrorAfter([](json& tensor) { tensor["data_offset"] = 1; }), HasSubstr("not known"));
  EXPECT_THAT(TensorErrorAfter([](json& tensor) { tensor = 1; }), HasSubstr("not an object"));
}

TEST(HostileWeights, MissingAndSurplusTensors) {
  EXPECT_THAT(ErrorAfter([](File& file) { file.header.erase(kTensor); }),
              HasSubstr(std::string("missing \"") + kTensor + "\""));
  EXPECT_THAT(ErrorAfter([](File& file) { file.header.erase("entropy.frequencies"); }),
              HasSubstr("missing \"entropy.frequencies\""));
  const auto rename = [](File& file) {
    file.header["evil\n\x1b[2J"] = file.tensor();
    file.header.erase(kTensor);
  };
  EXPECT_THAT(ErrorAfter(rename), AllOf(HasSubstr(std::string("missing \"") + kTensor + "\""),
                                        HasSubstr("not part of the configuration \"evil\\n\\u001b[2J\"")));
  const auto many = [](File& file) {
    for (int i = 0; i < 100; ++i) file.header[std::string(1 + static_cast<size_t>(i), 'x')] = file.tensor();
  };
  EXPECT_THAT(ErrorAfter(many), HasSubstr("and 96 more"));
}

TEST(HostileWeights, Metadata) {
  const auto error = [](const char* key, const json& value) {
    return ErrorAfter([&](File& file) { file.metadata()[key] = value; }, Verify::kTrusted);
  };
  EXPECT_THAT(error("format", "quaver2"), HasSubstr("\"format\" is \"quaver2\""));
  EXPECT_THAT(error("format_version", "4"), HasSubstr("\"format_version\" is \"4\""));
  EXPECT_THAT(error("format_version", 1), HasSubstr("\"format_version\" is not a string"));
  EXPECT_THAT(error("identity", "12"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(error("identity", std::string(64, 'x')), HasSubstr("not a digit"));
  EXPECT_THAT(error("config", "{}"), HasSubstr("metadata: configuration"));
  EXPECT_THAT(error("config", std::string(100000, '[')), HasSubstr("configuration: not valid JSON"));
  EXPECT_THAT(error("config", CanonicalJson(TinyConfig()) + " "), HasSubstr("not in canonical form"));
  Config foreign = TinyConfig();
  foreign.name = "caf\xC3\xA9";
  EXPECT_THAT(error("config", CanonicalJson(foreign)), HasSubstr("printable ASCII"));
  Config wider = TinyConfig();
  wider.encoder_hops.channels *= 2;
  EXPECT_THAT(error("config", CanonicalJson(wider)), HasSubstr("its shape is"));
  wider.encoder_hops = wider.encoder_frames = wider.decoder_frames = wider.decoder_hops = {4096, 64};
  EXPECT_THAT(error("config", CanonicalJson(wider)), HasSubstr("missing"));
  EXPECT_EQ(error("training", "anything"), "no error");
  for (const char* key : {"format", "format_version", "config", "identity"}) {
    EXPECT_THAT(ErrorAfter([&](File& file) { file.metadata().erase(key); }),
                HasSubstr(std::string("metadata: \"") + key + "\" is missing"));
  }
  EXPECT_THAT(ErrorAfter([](File& file) { file.header.erase("__metadata__"); }), HasSubstr("is missing"));
  EXPECT_THAT(ErrorAfter([](File& file) { file.metadata() = 1; }), HasSubstr("metadata: is not an object"));
}

TEST(HostileWeights, Identity) {
  const auto zeros = [](File& file) { file.metadata()["identity"] = std::string(64, '0'); };
  EXPECT_THAT(ErrorAfter(zeros), AllOf(HasSubstr("evil.safetensors"), HasSubstr(std::string(64, '0')),
                                       HasSubstr(std::string(GoodFile().metadata()["identity"]))));
  EXPECT_EQ(ErrorAfter(zeros, Verify::kTrusted), "no error");
  const auto renamed = [](File& file) {
    Config config = TinyConfig();
    config.name = "another";
    file.metadata()["config"] = CanonicalJson(config);
  };
  EXPECT_THAT(ErrorAfter(renamed), HasSubstr("damaged or was edited"));
}

TEST(HostileWeights, ValuesThatAreNotFinite) {
  const auto set = [](const char* name, size_t at, const std::vector<uint8_t>& value) {
    return ErrorAfter([&](File& file) {
      const size_t begin = file.header[name]["data_offsets"][0];
      std::copy(value.begin(), value.end(), file.data.begin() + static_cast<std::ptrdiff_t>(begin + at));
    });
  };
  const std::string matrix = std::string("tensor \"") + kTensor + "\": ";
  EXPECT_THAT(set(kTensor, 2 * 77, {0x01, 0x7C}), HasSubstr(matrix + "value 77 is not finite"));
  EXPECT_THAT(set(kTensor, 0, {0x00, 0xFC}), HasSubstr(matrix + "value 0 is not finite"));
  const std::string bias = std::string("tensor \"") + kFirst + "\": ";
  EXPECT_THAT(set(kFirst, 4 * 5, {0x00, 0x00, 0x80, 0x7F}), HasSubstr(bias + "value 5 is not finite"));
  EXPECT_THAT(set(kFirst, 4 * 5, {0xFF, 0xFF, 0xFF, 0xFF}), HasSubstr(bias + "value 5 is not finite"));
}

TEST(HostileWeights, JsonOfTheHeader) {
  const auto& data = GoodFile().data;
  const std::string good = GoodFile().header.dump();
  EXPECT_THAT(ErrorOf("", data), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(ErrorOf(" " + good, data), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(ErrorOf("[]", data), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(ErrorOf("{", data), HasSubstr("not valid JSON"));
  EXPECT_THAT(ErrorOf(good + "x", data), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(ErrorOf("{\"a\": 1e999}", data), HasSubstr("not valid JSON"));
  EXPECT_THAT(ErrorOf("{\"\xFF\": 1}", data), HasSubstr("not valid JSON"));
  EXPECT_THAT(ErrorOf("{}", data), HasSubstr("not a weights file of quaver"));
  EXPECT_THAT(ErrorOf(std::string("{\"a\":").append(500000, '['), data), HasSubstr("nested too deeply"));
  EXPECT_THAT(ErrorOf("{\"a\": {\"b\": {\"c\": {}}}}", data), HasSubstr("nested too deeply"));
  std::string twice = good;
  twice.insert(1, "\"__metadata__\": {},");
  EXPECT_THAT(ErrorOf(twice, data), HasSubstr("is given twice"));
  EXPECT_THAT(ErrorOf("{\"a\": {\"dtype\": \"F16\", \"dtype\": \"F32\"}}", data),
              HasSubstr("\"dtype\" is given twice"));
}

TEST(HostileWeights, LengthOfTheHeader) {
  auto bytes = GoodBytes();
  bytes[7] = 0x80;
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("the header claims"));
  EXPECT_THAT(ErrorOf(std::vector<uint8_t>(64, 0xFF)), HasSubstr("18446744073709551615"));
  File file = GoodFile();
  file.metadata()["note"] = std::string(kMaxSafetensorsHeader, 'x');
  EXPECT_THAT(ErrorOf(Join(file.header.dump(), file.data)), HasSubstr("the header claims"));
  std::string padded = GoodFile().header.dump();
  padded.resize(kMaxSafetensorsHeader, ' ');
  EXPECT_EQ(ErrorOf(padded, file.data), "no error");
}

TEST(HostileWeights, CutShortAnywhere) {
  const std::span<const uint8_t> good = GoodBytes();
  const size_t start = ParseSafetensorsHeader(good, "good").value().data_start;
  for (size_t size = 0; size < start; size += size < 16 ? 1 : 97) {
    EXPECT_THAT(ErrorOf(good.first(size)),
                size < 8 ? HasSubstr("shorter than 8 bytes") : HasSubstr("cut short"));
  }
  for (size_t size = start; size < good.size(); size += 4001) {
    EXPECT_THAT(ErrorOf(good.first(size)), HasSubstr("cut short")) << size;
  }
  EXPECT_THAT(ErrorOf(good.first(good.size() - 1)), HasSubstr("cut short"));
}

// One random edit: a flip, an overwrite, a byte lost or added, a piece copied, or a cut; mostly in the
// header.
void Damage(std::vector<uint8_t>& bytes, std::span<const uint8_t> good, size_t header, TestRandom& random) {
  if (bytes.empty()) return;
  const auto digit = [&] { return static_cast<uint8_t>("0123456789[]{}\",:-"[random.Below(18)]); };
  const size_t at = random.Below(random.Below(8) == 0 ? bytes.size() : std::min(header, bytes.size()));
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const auto from = good.begin() + static_cast<std::ptrdiff_t>(random.Below(header));
  switch (random.Below(6)) {
    case 0:
      bytes[at] ^= static_cast<uint8_t>(1u << random.Below(8));
      break;
    case 1:
      bytes[at] = digit();
      break;
    case 2:
      bytes.erase(place);
      break;
    case 3:
      bytes.insert(place, digit());
      break;
    case 4:
      std::copy_n(from, std::min<size_t>(40, bytes.size() - at), place);
      break;
    default:
      if (random.Below(4) == 0) bytes.resize(at);
  }
}

// A network of the entropy model that lies.
TEST(HostileWeights, NetworksOfTheEntropyModel) {
  Weights weights = RandomWeights(TinyConfig(), 1);
  weights.entropy_network = RandomEntropyNetwork(weights.config.bottleneck, 5, 2);
  const auto good = SerializeWeights(weights);
  ASSERT_TRUE(good.ok()) << good.message();
  const auto error = [&](const std::function<void(File&)>& change) {
    File file = TakenApart(good.value());
    change(file);
    return ErrorOf(Join(file.header.dump(), file.data));
  };
  const std::string hidden = "entropy.network.hidden";
  const std::string symbols = "entropy.network.symbols";
  const auto shape = [&](const std::string& name, const json& sizes) {
    return error([&](File& file) { file.header[name]["shape"] = sizes; });
  };
  EXPECT_EQ(error([](File&) {}), "no error");
  EXPECT_THAT(error([&](File& file) { file.header.erase(symbols); }), HasSubstr("missing \"" + symbols));
  EXPECT_THAT(error([&](File& file) { file.header.erase(hidden); }), HasSubstr("missing \"" + hidden));
  EXPECT_THAT(error([&](File& file) { file.header[hidden]["dtype"] = "U16"; }), HasSubstr("not I16"));
  EXPECT_THAT(shape(hidden, {219, 91}), HasSubstr("its shape is [219, 91], not [219, 90]"));
  EXPECT_THAT(shape(hidden, {219, 18 * 65}), HasSubstr("not [219, 1152]"));
  EXPECT_THAT(shape(hidden, {219, 0}), HasSubstr("not [219, 18]"));
  EXPECT_THAT(shape(hidden, {uint64_t{219} << 32, 90}), HasSubstr("not [219, 90]"));
  EXPECT_THAT(shape(hidden, {219, uint64_t{1} << 63}), HasSubstr("its shape is"));
  EXPECT_THAT(shape(hidden, json::array()), HasSubstr("its shape is []"));
  EXPECT_THAT(shape(symbols, {18, 23, 5}), HasSubstr("its shape is [18, 23, 5], not [18, 5, 23]"));
}

// A codebook that lies.
std::string CodebookErrorAfter(const std::function<void(File&)>& change, Verify verify = Verify::kHash) {
  File file = TakenApart(BytesOf(TinyVpConfig()));
  change(file);
  return ErrorOf(Join(file.header.dump(), file.data), verify);
}

TEST(HostileWeights, Codebooks) {
  const std::string place = std::string("evil.safetensors: tensor \"") + kCodebook + "\": ";
  EXPECT_EQ(CodebookErrorAfter([](File&) {}), "no error");
  const auto shape = [](const json& sizes) {
    return CodebookErrorAfter([&](File& file) { file.header[kCodebook]["shape"] = sizes; });
  };
  EXPECT_THAT(shape({18, 256, 3}), HasSubstr(place + "its shape is [18, 256, 3], not [18, 256, 4]"));
  EXPECT_THAT(shape({17, 256, 4}), HasSubstr(place + "its shape is"));
  EXPECT_THAT(shape({18, 1024}), HasSubstr(place + "its shape is"));
  EXPECT_THAT(shape(json::array()), HasSubstr(place + "its shape is []"));
  EXPECT_THAT(shape({1, 18 * 256, 4}), HasSubstr(place + "its shape is [1, 4608, 4], not [1, 256, 4]"));
  EXPECT_THAT(shape({1, 256, 4}), HasSubstr(place + "has 73728 bytes, its shape needs 4096"));
  EXPECT_THAT(CodebookErrorAfter([](File& file) { file.header[kCodebook]["dtype"] = "F16"; }),
              HasSubstr(place + "its dtype is \"F16\", not F32"));
  EXPECT_THAT(CodebookErrorAfter([](File& file) { file.header.erase(kCodebook); }),
              HasSubstr(std::string("missing \"") + kCodebook + "\""));
  EXPECT_THAT(ErrorAfter([](File& file) { file.header[kCodebook] = file.tensor(); }),
              HasSubstr(std::string("not part of the configuration \"") + kCodebook + "\""));
  for (const uint8_t high : {0x7F, 0xFF}) {  // NaN, -infinity
    const auto poison = [&](File& file) {
      const size_t at = file.header[kCodebook]["data_offsets"][0].get<size_t>() + 4 * 1234;
      file.data[at + 2] = 0x80;
      file.data[at + 3] = high;
      file.data[at] = file.data[at + 1] = high == 0x7F ? 1 : 0;
    };
    EXPECT_THAT(CodebookErrorAfter(poison), HasSubstr(place + "value 1234 is not finite"));
  }
  const auto codes = [](int count) {
    return CodebookErrorAfter(
        [&](File& file) {
          Config config = TinyVpConfig();
          config.bottleneck.codebook_size = count;
          file.metadata()["config"] = CanonicalJson(config);
        },
        Verify::kTrusted);
  };
  EXPECT_THAT(codes(255), HasSubstr("its shape is"));
  EXPECT_THAT(codes(16384), HasSubstr("its shape is"));
  EXPECT_THAT(codes(1021), HasSubstr("\"codes\" is 1021, which has a prime factor above 61"));
  EXPECT_THAT(codes(1 << 30), HasSubstr("\"codes\" is outside 2 .. 16384"));
}

TEST(HostileWeights, MatricesInEightBits) {
  Weights weights = RandomWeights(TinyConfig(), 11);
  ASSERT_TRUE(StoreMatricesAsEightBit(weights).ok());
  const auto bytes = SerializeWeights(weights).value();
  ASSERT_EQ(ErrorOf(bytes), "no error");
  const std::string scale = std::string(kTensor) + ".scale";
  const auto error = [&](const std::function<void(File&)>& change) {
    File file = TakenApart(bytes);
    change(file);
    return ErrorOf(Join(file.header.dump(), file.data));
  };
  const auto with_first_scale = [&](float value) {
    return error([&](File& file) {
      const size_t begin = file.header[scale]["data_offsets"][0];
      std::memcpy(file.data.data() + begin, &value, sizeof(value));
    });
  };
  EXPECT_THAT(with_first_scale(-1), AllOf(HasSubstr(scale), HasSubstr("is not between")));
  EXPECT_THAT(with_first_scale(512), AllOf(HasSubstr(scale), HasSubstr("is not between")));
  EXPECT_THAT(with_first_scale(std::nanf("")), AllOf(HasSubstr(scale), HasSubstr("not finite")));
  EXPECT_THAT(with_first_scale(0.5f), HasSubstr("identity"));
  EXPECT_THAT(error([&](File& file) { file.header.erase(scale); }), HasSubstr("missing \"" + scale + "\""));
  EXPECT_THAT(error([&](File& file) { file.header[scale]["shape"] = {1}; }), HasSubstr("its shape is"));
  EXPECT_THAT(error([&](File& file) { file.tensor()["dtype"] = "F16"; }), HasSubstr(scale));
  EXPECT_THAT(error([&](File& file) { file.header[kFirst]["dtype"] = "I8"; }), HasSubstr("not F32"));
  // Version 1 has no such matrices.
  EXPECT_THAT(error([&](File& file) { file.metadata()["format_version"] = "1"; }), HasSubstr(scale));
}

// The version says which tables of the entropy model there are.
TEST(HostileWeights, TablesOfAnotherVersion) {
  const auto with_version = [](const char* version) {
    return ErrorAfter([&](File& file) { file.metadata()["format_version"] = version; });
  };
  EXPECT_THAT(with_version("3"), AllOf(HasSubstr("entropy.frequencies"), HasSubstr("its shape is")));
  EXPECT_THAT(with_version("4"), HasSubstr("this build reads versions 1 to 3"));
}

TEST(HostileWeights, TypesWithoutTokens) {
  for (const char* type : {"fsq", "fsq-noise", "vq", "simvq", "none"}) {
    Config config = TinyConfig();
    config.bottleneck.type = type;
    const std::string cause = std::string("type \"") + type + "\" is for comparison in training";
    const auto change = [&](File& file) { file.metadata()["config"] = CanonicalJson(config); };
    EXPECT_THAT(ErrorAfter(change, Verify::kTrusted), AllOf(HasSubstr("evil.safetensors"), HasSubstr(cause)));
    Weights weights = RandomWeights(TinyConfig(), 1);
    weights.config = config;
    EXPECT_THAT(SerializeWeights(weights).message(), HasSubstr(cause));
  }
}

// Whatever comes out is refused, or is the same model.
class DamagedWeights : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Types, DamagedWeights, ::testing::Values("fsp", "vp"));

TEST_P(DamagedWeights, AreRefusedOrHarmless) {
  const auto good = BytesOf(GetParam() == "vp" ? TinyVpConfig() : TinyConfig());
  const size_t header = ParseSafetensorsHeader(good, "good").value().data_start;
  const Identity identity = ParseWeights(good, "good", Verify::kHash).value().identity;
  TestRandom random(2024);
  int beyond_json = 0;
  for (int round = 0; round < 3000; ++round) {
    auto bytes = good;
    for (size_t edits = 1 + random.Below(4); edits > 0; --edits) Damage(bytes, good, header, random);
    const auto weights = ParseWeights(bytes, "evil.safetensors", Verify::kHash);
    if (weights.ok()) {
      EXPECT_EQ(weights.value().identity, identity);
      continue;
    }
    EXPECT_TRUE(weights.message().starts_with("evil.safetensors: ")) << weights.message();
    if (weights.message().find("JSON") == std::string::npos) ++beyond_json;
  }
  EXPECT_GT(beyond_json, 300) << "the damage should reach every check, not the JSON parser only";
}

}  // namespace
}  // namespace quaver
