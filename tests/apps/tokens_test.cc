// Arrays of tokens through the real program.
#include <gtest/gtest.h>
#include <zip.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

class TokensTest : public ToolTest {
 protected:
  // tokens.npy of real speech, [frames, 8].
  void SetUp() override {
    ToolTest::SetUp();
    MakeWav("in.wav", 40000);
    Expect(0, "quaver encode in.wav --model tiny --tokens 8 -o tokens.npy");
    tokens_ = ReadTokens(Path("tokens.npy"));
    ASSERT_EQ(tokens_.columns, 8u);
    Expect(0, "quaver decode tokens.npy --model tiny -o expected.wav");
  }

  std::string Rows() const { return std::to_string(tokens_.rows); }

  // The tokens as torch.long, by rows or by columns.
  std::string Long(bool by_column) const {
    std::string bytes;
    const size_t outer = by_column ? tokens_.columns : tokens_.rows;
    for (size_t i = 0; i < tokens_.values.size(); ++i) {
      const size_t inner = tokens_.values.size() / outer;
      const size_t at = by_column ? i % inner * tokens_.columns + i / inner : i;
      bytes += static_cast<char>(tokens_.values[at] & 0xFF);
      bytes += static_cast<char>(tokens_.values[at] >> 8);
      bytes += std::string(6, '\0');
    }
    return bytes;
  }

  void StoreNpy(const std::string& name, const std::string& shape, const std::string& values,
                const std::string& descr = "<i8", bool fortran = false) const {
    const std::string header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                               ", 'shape': " + shape + ", }\n";
    Store(name, std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header + values);
  }

  void StoreZip(const std::string& name, const std::string& member) const {
    const std::string bytes = Bytes(member);
    int error = 0;
    zip_t* archive = zip_open(Path(name).c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    ASSERT_NE(archive, nullptr) << error;
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    EXPECT_GE(zip_file_add(archive, member.c_str(), source, 0), 0);
    EXPECT_EQ(zip_close(archive), 0);
  }

  TokenMatrix tokens_;
};

TEST_F(TokensTest, ArraysOfLanguageModelsDecodeAsOurOwn) {
  StoreNpy("long.npy", "(" + Rows() + ", 8)", Long(false));
  StoreNpy("batch.npy", "(1, " + Rows() + ", 8)", Long(false));
  StoreNpy("fortran.npy", "(" + Rows() + ", 8)", Long(true), "<i8", true);
  for (const char* name : {"long", "batch", "fortran"}) {
    Expect(0, std::string("quaver decode --model tiny ") + name + ".npy");
    EXPECT_EQ(Bytes(std::string(name) + ".wav"), Bytes("expected.wav")) << name;
  }
  StoreNpy("transposed.npy", "(1, 8, " + Rows() + ")", Long(true));
  const ToolRun run = Expect(1, "quaver decode transposed.npy --model tiny");
  EXPECT_NE(run.err.find("--layout n_q,T"), std::string::npos) << run.err;
  for (const char* layout : {"n_q,T", "'[n_q, t]'", "nq,T"}) {
    Expect(0, std::string("quaver decode transposed.npy --model tiny --force --layout ") + layout);
    EXPECT_EQ(Bytes("transposed.wav"), Bytes("expected.wav"));
  }
  const auto facts = nlohmann::json::parse(Expect(0, "quaver info transposed.npy --layout n_q,T --json").out,
                                           nullptr, false);
  EXPECT_EQ(facts["frames"], tokens_.rows);
  EXPECT_EQ(facts["n_q"], 8);
  Expect(2, "quaver decode long.npy --model tiny --force --layout T");
}

TEST_F(TokensTest, ATensorIsToldFromWeights) {
  const std::string header = "{\"codes\":{\"dtype\":\"I64\",\"shape\":[" + Rows() +
                             ",8],\"data_offsets\":[0," + std::to_string(8 * tokens_.values.size()) + "]}}";
  Store("codes.safetensors",
        std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header + Long(false));
  Expect(0, "cat codes.safetensors | quaver decode - --model tiny -o a.wav");
  EXPECT_EQ(Bytes("a.wav"), Bytes("expected.wav"));
  const auto facts =
      nlohmann::json::parse(Expect(0, "quaver info codes.safetensors --json").out, nullptr, false);
  EXPECT_EQ(facts["kind"], "safetensors");
  EXPECT_EQ(facts["frames"], tokens_.rows);
  const ToolRun run = Expect(1, "quaver decode \"$QUAVER_MODELS/tiny.safetensors\" -o b.wav");
  EXPECT_NE(run.err.find("tensors"), std::string::npos) << run.err;

  fs::create_directory(Path("in"));
  fs::rename(Path("codes.safetensors"), Path("in/codes.safetensors"));
  StoreNpy("codes.npy", "(" + Rows() + ", 8)", Long(false));
  StoreZip("in/zipped.npz", "codes.npy");
  Store("in/bad.safetensors", "no tensor");
  Expect(0, "cp \"$QUAVER_MODELS/tiny.safetensors\" in/model.safetensors");
  const ToolRun folder = Expect(0, "quaver decode in -o out --model tiny");
  EXPECT_EQ(List("out"), (std::vector<std::string>{"codes.wav", "zipped.wav"}));
  for (const char* name : {"out/codes.wav", "out/zipped.wav"}) EXPECT_EQ(Bytes(name), Bytes("expected.wav"));
  EXPECT_NE(folder.err.find("passed over 2 files that are not tokens: "), std::string::npos) << folder.err;
  Expect(1, "quaver encode in -o coded --model tiny");  // no sound among them
}

TEST_F(TokensTest, WhatIsNoArrayOfTokensIsRefused) {
  StoreNpy("flat.npy", "(" + std::to_string(tokens_.values.size()) + ",)", Long(false));
  EXPECT_NE(Expect(1, "quaver decode flat.npy --model tiny").err.find("is flat"), std::string::npos);
  StoreNpy("float.npy", "(" + Rows() + ", 8)", Long(false), "<f8");
  EXPECT_NE(Expect(1, "quaver decode float.npy --model tiny").err.find("float64"), std::string::npos);
  std::string bad = Long(true);
  bad[8 * (tokens_.rows * 2 + 5) + 1] = 4;  // token 1024 and more
  StoreNpy("bad.npy", "(8, " + Rows() + ")", bad);
  EXPECT_NE(
      Expect(1, "quaver decode bad.npy --model tiny --layout n_q,T").err.find("bad.npy: row 2, column 5: "),
      std::string::npos);
  EXPECT_EQ(List().size(), 6u);  // no sound was left behind
}

}  // namespace
}  // namespace quaver
