// What any implementation must do with the packets, streams and weights files of index.json, good and bad,
// and that the index names everything in this folder.
#include "tests/conformance/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "codec/container/qvr.h"
#include "tests/conformance/vectors.h"
#include "tests/container/stream_tools.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using Keys = std::set<std::string>;

// Every key of each kind is checked by some test, here or in conformance_test.cc and rtp/payloads_test.cc.
const std::map<std::string, Keys>& KeysOfKinds() {
  static const std::map<std::string, Keys> keys = {
      {"clip",
       {"defaults", "input", "kind", "max_sample_error", "min_equal_tokens", "name", "packets", "pre_skip",
        "qvr", "samples", "sound", "tokens"}},
      {"payloads", {"file", "kind", "name"}},
      {"tokens", {"defaults", "identity", "kind", "name", "packets", "tokens", "weights", "what"}},
      {"packet", {"defaults", "error", "goes_on", "kind", "length", "name", "of", "packet", "rows", "what"}},
      {"stream", {"damaged", "file", "kind", "name", "of", "rows", "samples", "what"}},
      {"refused stream", {"error", "file", "goes_on", "kind", "name", "what"}},
      {"refused weights", {"error", "goes_on", "kind", "length", "name", "of", "replace", "what"}}};
  return keys;
}

Keys KeysOf(const nlohmann::json& object) {
  Keys keys;
  for (const auto& item : object.items()) keys.insert(item.key());
  return keys;
}

TEST(ConformanceIndex, HasNothingThatNoTestChecks) {
  ASSERT_TRUE(Index().is_object());
  EXPECT_EQ(KeysOf(Index()), Keys({"index", "model", "vectors"}));
  EXPECT_EQ(KeysOf(Index().at("model")), Keys({"config", "file", "identity"}));
  EXPECT_EQ(Index().at("index"), 1);
  std::map<std::string, int> counts;
  for (const auto& vector : Index().at("vectors")) {
    const std::string kind = vector.at("kind");
    ASSERT_TRUE(KeysOfKinds().contains(kind)) << kind;
    EXPECT_EQ(KeysOf(vector), KeysOfKinds().at(kind)) << vector;
    ++counts[kind];
  }
  EXPECT_EQ(counts.at("payloads"), 1);
  EXPECT_GE(counts.at("tokens"), 4);
  for (const char* kind : {"packet", "stream", "refused stream", "refused weights"}) {
    EXPECT_GE(counts.at(kind), 5) << kind;
  }
}

TEST(ConformanceIndex, NamesEveryFile) {
  Keys named = {"index.json"};
  const auto add = [&named](const nlohmann::json& object) {
    for (const char* key : {"config", "file", "input", "packets", "qvr", "sound", "tokens", "weights"}) {
      if (object.contains(key)) named.insert(object.at(key).get<std::string>());
    }
  };
  add(Index().at("model"));
  for (const auto& vector : Index().at("vectors")) add(vector);
  Keys found;
  const Keys programs = {".cc", ".h", ".py", ".md", ".txt", ".pyc"};
  for (const auto& entry : fs::recursive_directory_iterator(VectorPath(""))) {
    if (!entry.is_regular_file() || programs.contains(entry.path().extension().string())) continue;
    found.insert(fs::relative(entry.path(), VectorPath("")).generic_string());
  }
  EXPECT_EQ(found, named);
}

TEST(ConformanceIndex, PayloadsAreThoseOfTheirTest) {
  EXPECT_EQ(VectorsOfKind("payloads").at(0).json.at("file"), "rtp/payloads.json");
}

class IndexedVector : public testing::TestWithParam<Vector> {
 protected:
  void SetUp() override { ASSERT_NE(model_, nullptr); }

  // The frames of a packet; concealed ones if it is refused.
  void AppendDecoded(TokenMatrix& rows, const PacketDefaults& defaults, const Bytes& bytes) const {
    PacketTokens packet;
    if (DecodePacket(model_->entropy(), defaults, bytes, packet)) {
      Append(rows, packet);
    } else {
      AppendLost(rows, PacketFrames(defaults, bytes));
    }
  }

  const nlohmann::json& json_ = GetParam().json;
  std::shared_ptr<const Model> model_ = FrozenModel();
};

// Models without sound worth hearing, of other bottlenecks and with entropy networks.
class IndexedTokens : public testing::TestWithParam<Vector> {};

TEST_P(IndexedTokens, PacketsAndTokensAreThoseOfEachOther) {
  const auto& json = GetParam().json;
  const auto model = Model::Load(VectorPath(json.at("weights")));
  ASSERT_TRUE(model.ok()) << model.message();
  EXPECT_EQ(ToHex(model.value()->identity()), json.at("identity"));
  const auto expected = ReadNpy(VectorPath(json.at("tokens")));
  ASSERT_TRUE(expected.ok()) << expected.message();
  const EntropyModel& entropy = model.value()->entropy();
  const PacketDefaults defaults = DefaultsOf(json);
  TokenMatrix rows{0, expected.value().columns, {}};
  for (const Bytes& bytes : ReadPackets(VectorPath(json.at("packets")))) {
    PacketTokens packet;
    ASSERT_TRUE(DecodePacket(entropy, defaults, bytes, packet));
    Append(rows, packet);
    EXPECT_EQ(Encoded(entropy, defaults, packet), bytes);
  }
  EXPECT_GT(rows.rows, 100u);
  EXPECT_EQ(rows.values, expected.value().values);
}

INSTANTIATE_TEST_SUITE_P(Conformance, IndexedTokens, testing::ValuesIn(VectorsOfKind("tokens")),
                         [](const auto& tested) { return TestName(tested.param); });

class IndexedPacket : public IndexedVector {};

TEST_P(IndexedPacket, DecodesOrIsRefused) {
  Bytes bytes = FromHexadecimal(json_.at("packet"));
  bytes.resize(json_.at("length").get<size_t>());
  const PacketDefaults defaults = DefaultsOf(json_);
  PacketTokens packet;
  EXPECT_EQ(DecodePacket(model_->entropy(), defaults, bytes, packet), json_.at("error").is_null());
  const TokenMatrix expected = RowsOf(json_);
  TokenMatrix rows{0, expected.columns, {}};
  AppendDecoded(rows, defaults, bytes);
  EXPECT_EQ(rows.rows, expected.rows);
  EXPECT_EQ(rows.values, expected.values);
  EXPECT_TRUE(json_.at("goes_on"));
  EXPECT_TRUE(
      DecodePacket(model_->entropy(), defaults, ReadPackets(VectorPath("varied.packets")).back(), packet));
}

INSTANTIATE_TEST_SUITE_P(Conformance, IndexedPacket, testing::ValuesIn(VectorsOfKind("packet")),
                         [](const auto& tested) { return TestName(tested.param); });

// Frames may be lost, or refused by the packet decoder; both are concealed.
class IndexedStream : public IndexedVector {};

TEST_P(IndexedStream, GivesTheFramesAndTheLength) {
  const ReadStream read = ReadAll(ReadBytes(VectorPath(json_.at("file"))));
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.header.model, model_->identity());
  const TokenMatrix expected = RowsOf(json_);
  TokenMatrix rows{0, expected.columns, {}};
  for (const QvrEvent& event : read.events) {
    if (event.kind == QvrEvent::kLost) {
      AppendLost(rows, event.lost_frames);
    } else {
      AppendDecoded(rows, read.header.defaults, event.packet);
    }
  }
  EXPECT_EQ(rows.rows, expected.rows);
  EXPECT_EQ(rows.values, expected.values);
  EXPECT_EQ(read.samples, json_.at("samples").is_null() ? -1 : json_.at("samples").get<int64_t>());
  EXPECT_EQ(!read.damage.empty(), json_.at("damaged")) << testing::PrintToString(read.damage);
}

INSTANTIATE_TEST_SUITE_P(Conformance, IndexedStream, testing::ValuesIn(VectorsOfKind("stream")),
                         [](const auto& tested) { return TestName(tested.param); });

// What this library says about each class of error.
std::string Says(const std::string& error) {
  static const std::map<std::string, std::string> says = {{"no header", "no Quaver header found"},
                                                          {"header page", "shares its page"},
                                                          {"header version", "is not known"},
                                                          {"header size", "header: size"},
                                                          {"header value", "is outside"},
                                                          {"cut", "cut short|shorter than 8 bytes"},
                                                          {"header", "the header claims|does not begin with"},
                                                          {"format", "\"format\" is"},
                                                          {"version", "\"format_version\" is"},
                                                          {"identity", "identity in the metadata"},
                                                          {"tables", "entropy tables"},
                                                          {"not finite", "not finite"}};
  const auto found = says.find(error);
  return found == says.end() ? "no such class of errors" : found->second;
}

class RefusedStream : public IndexedVector {};

TEST_P(RefusedStream, IsRefusedForItsReason) {
  const ReadStream read = ReadAll(ReadBytes(VectorPath(json_.at("file"))));
  EXPECT_THAT(read.error, testing::ContainsRegex(Says(json_.at("error"))));
  EXPECT_TRUE(read.events.empty());
  EXPECT_FALSE(json_.at("goes_on"));
}

INSTANTIATE_TEST_SUITE_P(Conformance, RefusedStream, testing::ValuesIn(VectorsOfKind("refused stream")),
                         [](const auto& tested) { return TestName(tested.param); });

class RefusedWeights : public IndexedVector {};

TEST_P(RefusedWeights, AreRefusedForTheirReason) {
  Bytes bytes = ReadBytes(VectorPath(json_.at("of")));
  for (const auto& change : json_.at("replace")) {
    const Bytes part = FromHexadecimal(change.at(1));
    const auto offset = change.at(0).get<size_t>();
    ASSERT_LE(offset + part.size(), bytes.size());
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  bytes.resize(json_.at("length").get<size_t>());
  const auto model = Model::FromBytes(bytes, "weights");
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(model.message(), testing::ContainsRegex(Says(json_.at("error"))));
  EXPECT_FALSE(json_.at("goes_on"));
}

INSTANTIATE_TEST_SUITE_P(Conformance, RefusedWeights, testing::ValuesIn(VectorsOfKind("refused weights")),
                         [](const auto& tested) { return TestName(tested.param); });

}  // namespace
}  // namespace quaver
