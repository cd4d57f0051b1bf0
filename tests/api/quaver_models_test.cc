// Models through the C API: finding them, what they say about themselves, and what their tokens cost.
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "codec/stream_encoder.h"
#include "tests/api/c_api.h"

namespace quaver {
namespace {

using CApiModels = CApiTest;

Identity IdentityOf(const quaver_model* model) {
  Identity identity{};
  EXPECT_EQ(quaver_model_identity(model, identity.data()), 0);
  return identity;
}

TEST_F(CApiModels, AreFoundByNameAndByIdentity) {
  std::string folder = testing::TempDir() + "/quaver-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/mine.safetensors";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  ASSERT_EQ(setenv("QUAVER_MODELS", folder.c_str(), 1), 0);
  const Identity mine = cxx_->identity();
  for (const std::string& name : {std::string("mine"), path}) {
    const Owned<quaver_model> found(quaver_model_find(name.c_str(), nullptr, 0));
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(IdentityOf(found.get()), mine);
  }
  const Owned<quaver_model> by_identity(quaver_model_find_identity(mine.data(), nullptr, 0));
  ASSERT_NE(by_identity, nullptr);
  EXPECT_EQ(IdentityOf(by_identity.get()), mine);
  ASSERT_EQ(unsetenv("QUAVER_MODELS"), 0);
  std::filesystem::remove_all(folder);
  std::array<char, 400> error{};
  EXPECT_EQ(quaver_model_find("mine", error.data(), error.size()), nullptr);
  EXPECT_NE(std::string(error.data()).find("mine"), std::string::npos) << error.data();
  EXPECT_EQ(quaver_model_find_identity(mine.data(), error.data(), error.size()), nullptr);
  EXPECT_NE(std::string(error.data()).find(ToHex(mine)), std::string::npos) << error.data();
  for (const char* none : {"", static_cast<const char*>(nullptr)})
    EXPECT_EQ(quaver_model_find(none, nullptr, 0), nullptr);
  EXPECT_EQ(quaver_model_find_identity(nullptr, nullptr, 0), nullptr);
}

TEST(CApiBuiltInModel, IsTheDefault) {
  const Owned<quaver_model> built_in(quaver_model_open(nullptr, nullptr, 0));
  if (built_in == nullptr) GTEST_SKIP() << "no model was built in";
  const Owned<quaver_model> named(quaver_model_find("default", nullptr, 0));
  ASSERT_NE(named, nullptr);
  const Identity identity = IdentityOf(built_in.get());
  EXPECT_EQ(IdentityOf(named.get()), identity);
  const Owned<quaver_model> asked(quaver_model_find_identity(identity.data(), nullptr, 0));
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(IdentityOf(asked.get()), identity);
}

TEST_F(CApiModels, SayWhatTheyAreAsJson) {
  const int length = quaver_model_metadata(model_.get(), nullptr, 0);
  ASSERT_GT(length, 0);
  std::vector<char> text(static_cast<size_t>(length) + 1, 'x');
  EXPECT_EQ(quaver_model_metadata(model_.get(), text.data(), text.size() - 1), QUAVER_ERROR_SHORT);
  ASSERT_EQ(quaver_model_metadata(model_.get(), text.data(), text.size()), length);
  EXPECT_EQ(text.back(), 0);
  const auto facts = nlohmann::json::parse(text.data());
  EXPECT_EQ(facts.at("identity").get<std::string>(), ToHex(cxx_->identity()));
  for (const auto& [key, value] : cxx_->metadata()) EXPECT_EQ(facts.at(key).get<std::string>(), value);
  EXPECT_EQ(facts.size(), cxx_->metadata().size() + 1);
  EXPECT_EQ(quaver_model_metadata(nullptr, text.data(), text.size()), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_model_metadata(model_.get(), nullptr, 10), QUAVER_ERROR_ARGUMENT);
}

TEST_F(CApiModels, TokensOfABitRateFitIt) {
  for (const int frames : {1, 3, 25}) {
    for (int n_q = 1; n_q <= 18; ++n_q) {
      const int rate = quaver_expected_bitrate(model_.get(), n_q, frames);
      EXPECT_EQ(rate, std::lround(ExpectedBitrate(*cxx_, n_q, frames).value()));
      EXPECT_EQ(quaver_tokens_for_bitrate(model_.get(), rate + 1.0, frames), n_q) << frames;
    }
    EXPECT_EQ(quaver_tokens_for_bitrate(model_.get(), 1e6, frames), 18);
    EXPECT_EQ(quaver_tokens_for_bitrate(model_.get(), 1.0, frames), QUAVER_ERROR_ARGUMENT);
  }
  for (const int frames : {0, 26})
    EXPECT_EQ(quaver_tokens_for_bitrate(model_.get(), 3000, frames), QUAVER_ERROR_ARGUMENT);
  for (const int n_q : {0, 19})
    EXPECT_EQ(quaver_expected_bitrate(model_.get(), n_q, 25), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_tokens_for_bitrate(model_.get(), std::nan(""), 25), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_tokens_for_bitrate(nullptr, 3000, 25), QUAVER_ERROR_ARGUMENT);
  EXPECT_EQ(quaver_expected_bitrate(nullptr, 6, 25), QUAVER_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace quaver
