#include "codec/model/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "codec/bitstream/entropy_model.h"
#include "codec/codec.h"
#include "codec/model/builtin.h"
#include "codec/model/eight_bit.h"
#include "codec/model/half.h"
#include "codec/model/hash.h"
#include "codec/model/layers.h"
#include "codec/model/safetensors.h"
#include "tests/model/random_weights.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;

std::vector<uint8_t> Serialize(Weights weights) {
  const auto bytes = SerializeWeights(weights);
  EXPECT_TRUE(bytes.ok()) << bytes.message();
  return bytes.value();
}

Identity IdentityOf(Weights weights) {
  const auto bytes = SerializeWeights(weights);
  EXPECT_TRUE(bytes.ok()) << bytes.message();
  return weights.identity;
}

Identity IdentityAfter(const std::function<void(Weights&)>& change) {
  Weights weights = RandomWeights(TinyConfig(), 1);
  change(weights);
  return IdentityOf(weights);
}

std::string ErrorAfter(const std::function<void(Weights&)>& change) {
  Weights weights = RandomWeights(TinyConfig(), 1);
  change(weights);
  const auto bytes = SerializeWeights(weights);
  return bytes.ok() ? "no error" : bytes.message();
}

void ExpectSameTensors(const Weights& written, const Weights& read) {
  ASSERT_EQ(written.tensors.size(), read.tensors.size());
  for (const TensorSpec& spec : ListTensors(written.config)) {
    const Tensor& before = written.tensors.at(spec.name);
    const Tensor& after = read.tensors.at(spec.name);
    ASSERT_EQ(before.shape, after.shape);
    ASSERT_EQ(before.values.size(), after.values.size());
    for (size_t i = 0; i < before.values.size(); ++i) {
      const float stored = spec.matrix ? HalfToFloat(FloatToHalf(before.values[i])) : before.values[i];
      ASSERT_EQ(stored, after.values[i]) << spec.name << " " << i;
    }
  }
}

TEST(Weights, RoundTrip) {
  Weights written = RandomWeights(TinyConfig(), 7);
  written.metadata["training"] = "quotes \", lines\n, \xC3\xA9 and a NUL: " + std::string(1, '\0');
  written.frequencies[3] += 5;
  const auto bytes = SerializeWeights(written);
  ASSERT_TRUE(bytes.ok()) << bytes.message();
  const auto read = ParseWeights(bytes.value(), "test", Verify::kHash);
  ASSERT_TRUE(read.ok()) << read.message();
  ExpectSameTensors(written, read.value());
  EXPECT_EQ(CanonicalJson(read.value().config), CanonicalJson(written.config));
  EXPECT_EQ(read.value().frequencies, written.frequencies);
  EXPECT_EQ(read.value().metadata, written.metadata);
  EXPECT_EQ(read.value().identity, written.identity);
  EXPECT_EQ(Serialize(read.value()), bytes.value()) << "what was read must be written as it was";
}

TEST(Weights, MatricesInEightBitsComeBackExactly) {
  for (const Config& config : {TinyConfig(), TinyVpConfig()}) {
    Weights written = RandomWeights(config, 7);
    const Identity before = IdentityOf(written);
    const size_t size = Serialize(written).size();
    ASSERT_TRUE(StoreMatricesAsEightBit(written).ok());
    const auto bytes = SerializeWeights(written);
    ASSERT_TRUE(bytes.ok()) << bytes.message();
    EXPECT_LT(bytes.value().size(), size);
    EXPECT_NE(written.identity, before);
    const auto read = ParseWeights(bytes.value(), "test", Verify::kHash);
    ASSERT_TRUE(read.ok()) << read.message();
    EXPECT_EQ(read.value().identity, written.identity);
    for (const TensorSpec& spec : ListTensors(config)) {
      EXPECT_EQ(read.value().tensors.at(spec.name).values, written.tensors.at(spec.name).values) << spec.name;
      EXPECT_EQ(read.value().tensors.at(spec.name).scales.empty(), !spec.matrix) << spec.name;
    }
    EXPECT_EQ(Serialize(read.value()), bytes.value()) << "what was read must be written as it was";
  }
}

// Each row by itself: a row of large weights takes nothing from the others.
TEST(Weights, EightBitsKeepEachRowToHalfAStep) {
  Weights weights = RandomWeights(TinyConfig(), 7);
  Tensor& matrix = weights.tensors.at("decoder.in.weight");
  const size_t length = matrix.values.size() / static_cast<size_t>(matrix.shape[0]);
  for (size_t i = 0; i < length; ++i) matrix.values[i] *= 1000;
  std::fill_n(matrix.values.begin() + static_cast<std::ptrdiff_t>(length), length, 0.0f);
  const std::vector<float> before = matrix.values;
  ASSERT_TRUE(StoreMatricesAsEightBit(weights).ok());
  double error = 0;
  double energy = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const float scale = matrix.scales[i / length];
    const float rounding = std::abs(before[i]) / 1024;  // of the half that is made of it
    // Weights beyond 127 steps were clipped for the sake of the others.
    if (std::abs(before[i]) <= 127 * scale) {
      EXPECT_LE(std::abs(matrix.values[i] - before[i]), scale / 2 + rounding);
    }
    error += std::pow(matrix.values[i] - before[i], 2);
    energy += std::pow(before[i], 2);
  }
  EXPECT_LT(error, 1e-4 * energy);
}

TEST(Weights, EightBitsRefuseWhatTheyCannotReach) {
  for (const float value : {1e6f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    Weights weights = RandomWeights(TinyConfig(), 7);
    weights.tensors.at("decoder.in.weight").values[5] = value;
    const Status stored = StoreMatricesAsEightBit(weights);
    ASSERT_FALSE(stored.ok()) << value;
    EXPECT_THAT(stored.message(), HasSubstr("decoder.in.weight"));
  }
}

// The runtime sees the same halves whether they lie in the file or were promoted to.
TEST(Weights, AModelInEightBitsDecodesAsTheSameHalvesDo) {
  Weights eight = RandomWeights(TinyConfig(), 7);
  ASSERT_TRUE(StoreMatricesAsEightBit(eight).ok());
  Weights sixteen = eight;
  for (auto& [name, tensor] : sixteen.tensors) tensor.scales.clear();
  const auto view = OpenWeights(Serialize(eight), "8", Verify::kHash);
  const auto bytes = Serialize(sixteen);
  const auto other = OpenWeights(bytes, "16", Verify::kHash);
  ASSERT_TRUE(view.ok() && other.ok());
  ASSERT_EQ(view.value().tensors.size(), other.value().tensors.size());
  for (const TensorSpec& spec : ListTensors(eight.config)) {
    if (!spec.matrix) continue;  // these still lie in the file, which is gone
    EXPECT_THAT(view.value().tensors.at(spec.name).bytes,
                ::testing::ElementsAreArray(other.value().tensors.at(spec.name).bytes))
        << spec.name;
  }
}

TEST(Weights, ANetworkOfTheEntropyModelComesBackExactly) {
  for (const Config& config : {TinyConfig(), TinyVpConfig()}) {
    Weights written = RandomWeights(config, 7);
    const Identity without = IdentityOf(written);
    written.entropy_network = RandomEntropyNetwork(config.bottleneck, 5, 9);
    const auto bytes = SerializeWeights(written);
    ASSERT_TRUE(bytes.ok()) << bytes.message();
    const auto read = ParseWeights(bytes.value(), "test", Verify::kHash);
    ASSERT_TRUE(read.ok()) << read.message();
    EXPECT_EQ(read.value().entropy_network, written.entropy_network);
    EXPECT_NE(read.value().identity, without);
    ++written.entropy_network.symbols.back();
    EXPECT_NE(IdentityOf(written), read.value().identity);
    const auto model = Model::FromBytes(bytes.value(), "test");
    ASSERT_TRUE(model.ok()) << model.message();
    ASSERT_NE(model.value()->entropy().network(), nullptr);
    EXPECT_EQ(model.value()->entropy().network()->weights(), read.value().entropy_network);
  }
}

TEST(Weights, SmallTablesOfTheEntropyModelComeBackExactly) {
  for (const Config& config : {TinyConfig(), TinyVpConfig()}) {
    Weights written = RandomWeights(config, 7);
    const size_t size = Serialize(written).size();
    const EntropyModel tables = EntropyModel::Uniform(config.bottleneck, TableContexts::kThisFrame);
    written.frequencies.assign(tables.frequencies().begin(), tables.frequencies().end());
    const auto bytes = SerializeWeights(written);
    ASSERT_TRUE(bytes.ok()) << bytes.message();
    EXPECT_LT(bytes.value().size(), size);
    const auto read = ParseWeights(bytes.value(), "test", Verify::kHash);
    ASSERT_TRUE(read.ok()) << read.message();
    EXPECT_EQ(read.value().frequencies, written.frequencies);
    EXPECT_EQ(Serialize(read.value()), bytes.value());
    const auto model = Model::FromBytes(bytes.value(), "test");
    ASSERT_TRUE(model.ok()) << model.message();
    EXPECT_EQ(model.value()->entropy().contexts(), TableContexts::kThisFrame);
    Weights eight_bit = read.value();
    ASSERT_TRUE(StoreMatricesAsEightBit(eight_bit).ok());
    const auto both = Serialize(eight_bit);
    EXPECT_EQ(Serialize(ParseWeights(both, "test", Verify::kHash).value()), both);
  }
}

TEST(Weights, ACodebookComesBackExactly) {
  for (const int64_t codebooks : {18, 1}) {  // one for each group, one for all
    Weights written = RandomWeights(TinyVpConfig(), 7);
    Tensor& codebook = written.tensors.at(kCodebook);
    codebook.shape[0] = codebooks;
    codebook.values.resize(static_cast<size_t>(codebooks) * 256 * 4);
    codebook.values[5] = 1e-42f;  // F32, denormals too
    const auto bytes = SerializeWeights(written);
    ASSERT_TRUE(bytes.ok()) << bytes.message();
    const auto read = ParseWeights(bytes.value(), "test", Verify::kHash);
    ASSERT_TRUE(read.ok()) << read.message();
    ExpectSameTensors(written, read.value());
    EXPECT_EQ(read.value().tensors.at(kCodebook).shape, codebook.shape);
    EXPECT_EQ(read.value().tensors.at(kCodebook).values, codebook.values);
    EXPECT_EQ(CanonicalJson(read.value().config), CanonicalJson(written.config));
  }
}

TEST(WeightsIdentity, CoversTheCodebook) {
  const auto identity = [](const std::function<void(Tensor&)>& change) {
    Weights weights = RandomWeights(TinyVpConfig(), 7);
    change(weights.tensors.at(kCodebook));
    EXPECT_TRUE(SerializeWeights(weights).ok());
    return weights.identity;
  };
  const Identity plain = identity([](Tensor&) {});
  EXPECT_EQ(plain, identity([](Tensor&) {}));
  EXPECT_NE(plain, identity([](Tensor& codebook) { codebook.values.back() *= -1.0f; }));
  EXPECT_NE(plain, identity([](Tensor& codebook) {
              codebook.shape[0] = 1;
              codebook.values.resize(256 * 4);
            }));
}

// Files of FSP models stay what they were, byte for byte: this identity is from before there was VP.
TEST(WeightsIdentity, OfAnFspModelIsAsEver) {
  EXPECT_EQ(ToHex(IdentityAfter([](Weights&) {})),
            "0e976563050c5aeeff7c898f77745bea92de2df4500ae8bcd1d98f1ecc68c5c0");
}

TEST(Weights, OneSeedGivesOneFile) {
  EXPECT_EQ(Serialize(RandomWeights(TinyConfig(), 3)), Serialize(RandomWeights(TinyConfig(), 3)));
  EXPECT_NE(Serialize(RandomWeights(TinyConfig(), 3)), Serialize(RandomWeights(TinyConfig(), 4)));
}

TEST(Weights, EveryTensorIsAligned) {
  const auto bytes = Serialize(RandomWeights(TinyConfig(), 1));
  const auto header = ParseSafetensorsHeader(bytes, "test");
  ASSERT_TRUE(header.ok()) << header.message();
  EXPECT_EQ(header.value().data_start % 64, 0u);
  for (const auto& [name, tensor] : header.value().tensors) {
    EXPECT_EQ(tensor.begin % (tensor.dtype == "F32" ? 4 : 2), 0u) << name;
  }
}

TEST(Weights, PeekNeedsTheHeaderOnly) {
  Weights weights = RandomWeights(TinyConfig(), 1);
  const auto bytes = SerializeWeights(weights);
  ASSERT_TRUE(bytes.ok());
  const auto header = ParseSafetensorsHeader(bytes.value(), "test");
  ASSERT_TRUE(header.ok());
  const std::span<const uint8_t> front(bytes.value().data(), header.value().data_start);
  const auto summary = PeekWeights(front, "test");
  ASSERT_TRUE(summary.ok()) << summary.message();
  EXPECT_EQ(summary.value().identity, weights.identity);
  EXPECT_EQ(summary.value().name, "tiny-test");
  EXPECT_FALSE(PeekWeights(front.first(front.size() - 1), "test").ok());
}

TEST(WeightsIdentity, ChangesWithTheContentsOnly) {
  const Identity plain = IdentityAfter([](Weights&) {});
  EXPECT_EQ(plain, IdentityAfter([](Weights& w) { w.metadata["training"] = "elsewhere"; }));
  EXPECT_EQ(plain, IdentityAfter([](Weights& w) { w.metadata.clear(); }));
  EXPECT_NE(plain, IdentityAfter([](Weights& w) { w.config.name = "tiny-tesu"; }));
  EXPECT_NE(plain, IdentityAfter([](Weights& w) { w.config.bottleneck.cdf = "sigmoid"; }));
  EXPECT_NE(plain, IdentityAfter([](Weights& w) { w.frequencies.back() ^= 1; }));
  EXPECT_NE(plain, IdentityAfter([](Weights& w) {
              std::swap(w.tensors["encoder.in.bias"].values[0], w.tensors["encoder.in.bias"].values[1]);
            }));
  for (const TensorSpec& spec : ListTensors(TinyConfig())) {
    const auto negate_last = [&](Weights& w) { w.tensors[spec.name].values.back() *= -1.0f; };
    EXPECT_NE(plain, IdentityAfter(negate_last)) << spec.name;
  }
}

TEST(WeightsIdentity, EveryBitOfTheDataIsCovered) {
  auto bytes = Serialize(RandomWeights(TinyConfig(), 1));
  const size_t start = ParseSafetensorsHeader(bytes, "test").value().data_start;
  TestRandom random(5);
  for (int i = 0; i < 200; ++i) {
    const size_t at = start + random.Below(bytes.size() - start);
    const auto bit = static_cast<uint8_t>(1u << random.Below(8));
    bytes[at] ^= bit;
    EXPECT_FALSE(ParseWeights(bytes, "test", Verify::kHash).ok()) << at;
    bytes[at] ^= bit;
  }
  EXPECT_TRUE(ParseWeights(bytes, "test", Verify::kHash).ok());
}

TEST(WeightsIdentity, FieldsCannotRunIntoEachOther) {
  const std::vector<uint8_t> four = {1, 2, 3, 4};
  const std::span<const uint8_t> bytes(four);
  const auto identity = [](const std::string& config, const std::vector<TensorBytes>& tensors) {
    return ToHex(ComputeIdentity(config, tensors));
  };
  const std::string plain = identity("{}", {{"ab", "F16", {1, 2}, bytes}});
  // From an implementation of its own in Python, by docs/reference/weights.md.
  EXPECT_EQ(plain, "c018446cd9f71b39af235d0fdee2328cbb285f81e1c31d5084180aacf9a59eed");
  EXPECT_NE(plain, identity("{}", {{"a", "bF16", {1, 2}, bytes}}));
  EXPECT_NE(plain, identity("{}", {{"ab", "F16", {2, 1}, bytes}}));
  EXPECT_NE(plain, identity("{}", {{"ab", "F16", {2}, bytes}}));
  EXPECT_NE(plain, identity("{}a", {{"b", "F16", {1, 2}, bytes}}));
  EXPECT_NE(plain, identity("{}", {{"ab", "F32", {1, 2}, bytes}}));
  EXPECT_NE(identity("{}", {{"a", "F16", {1}, bytes.first(2)}, {"b", "F16", {1}, bytes.last(2)}}),
            identity("{}", {{"a", "F16", {1}, bytes.first(3)}, {"b", "F16", {1}, bytes.last(1)}}));
}

TEST(WeightsIdentity, HexIsStrict) {
  Identity identity{};
  for (size_t i = 0; i < identity.size(); ++i) identity[i] = static_cast<uint8_t>(i * 37);
  const std::string hex = ToHex(identity);
  ASSERT_TRUE(IdentityFromHex(hex).ok());
  EXPECT_EQ(IdentityFromHex(hex).value(), identity);
  EXPECT_FALSE(IdentityFromHex(hex.substr(1)).ok());
  EXPECT_FALSE(IdentityFromHex(hex + "0").ok());
  EXPECT_FALSE(IdentityFromHex("G" + hex.substr(1)).ok());
  EXPECT_FALSE(IdentityFromHex("A" + hex.substr(1)).ok());
}

TEST(SerializeWeights, NamesWhatItRefuses) {
  const std::string name = "decoder.in.weight";
  EXPECT_THAT(ErrorAfter([&](Weights& w) { w.tensors.erase(name); }), HasSubstr("missing \"" + name + "\""));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.tensors["surplus"]; }), HasSubstr("\"surplus\""));
  EXPECT_THAT(ErrorAfter([&](Weights& w) { w.tensors[name].shape[0] = 1; }), HasSubstr(name));
  EXPECT_THAT(ErrorAfter([&](Weights& w) { w.tensors[name].values.pop_back(); }), HasSubstr(name));
  EXPECT_THAT(ErrorAfter([&](Weights& w) { w.tensors[name].values[9] = std::nanf(""); }),
              HasSubstr(name + "\": value 9 is not finite"));
  EXPECT_THAT(ErrorAfter([&](Weights& w) { w.tensors[name].values[9] = 65520.0f; }),
              HasSubstr(name + "\": value 9 (65520.000000) is beyond F16"));
  EXPECT_EQ(ErrorAfter([&](Weights& w) { w.tensors[name].values[9] = 65519.0f; }), "no error");
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.tensors[kCodebook]; }),
              HasSubstr(std::string("not part of the configuration \"") + kCodebook + "\""));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.config.bottleneck.type = "vp"; }),
              HasSubstr(std::string("missing \"") + kCodebook + "\""));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.frequencies.pop_back(); }), HasSubstr("entropy.frequencies"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.entropy_network.units = 65; }),
              HasSubstr("65 units, not 0 to 64"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.entropy_network.units = 2; }),
              HasSubstr("\"entropy.network.hidden\": has 0 values, not 7884"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.metadata["identity"] = "mine"; }),
              HasSubstr("\"identity\" is reserved"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.metadata["note"] = "\xFF"; }),
              HasSubstr("\"note\": not valid UTF-8"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.metadata["note"].resize(2 << 20, 'x'); }), HasSubstr("shorten"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.config.name = "\xC3\x28"; }), HasSubstr("printable ASCII"));
  EXPECT_THAT(ErrorAfter([](Weights& w) { w.config.name = ""; }), HasSubstr("name"));
}

// Model::BuiltIn trusts the embedded bytes without hashing them: this is where they are hashed.
TEST(BuiltInModel, IsWhatItClaimsToBe) {
  if (BuiltInWeights().empty()) GTEST_SKIP() << "built without a model";
  const auto weights = ParseWeights(BuiltInWeights(), "built-in model", Verify::kHash);
  ASSERT_TRUE(weights.ok()) << weights.message();
  EXPECT_EQ(weights.value().config.name, BuiltInName());
  EXPECT_TRUE(EntropyModel::Create(weights.value().config.bottleneck, weights.value().frequencies).ok());
}

}  // namespace
}  // namespace quaver
