#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/apps/run_tool.h"
#include "tests/conformance/vectors.h"

namespace quaver {
namespace {

class SelftestTest : public ToolTest {
 protected:
  static nlohmann::json Parsed(const ToolRun& run) { return nlohmann::json::parse(run.out, nullptr, false); }

  // A copy of the vectors, to be spoilt.
  void CopyVectors() const {
    Expect(0, "mkdir vectors; cd " + VectorPath("") + "; cp index.json tiny.* input.flac steady.* varied.* " +
                  Path("vectors"));
  }

  // Every instruction set fails, with what `says` and nothing else.
  void ExpectFails(const std::string& says) const {
    const ToolRun run = Expect(1, "quaver selftest vectors --model tiny --json");
    const auto all = Parsed(run);
    ASSERT_FALSE(all.empty()) << run.err;
    for (const auto& one : all) {
      EXPECT_FALSE(one["passed"]);
      ASSERT_EQ(one["failures"].size(), 1u) << one;
      EXPECT_NE(one["failures"][0].get<std::string>().find(says), std::string::npos) << one;
    }
  }
};

TEST_F(SelftestTest, EveryInstructionSetPasses) {
  const ToolRun run = Expect(0, "quaver selftest --json " + VectorPath(""));
  EXPECT_EQ(run.err, "");
  const auto all = Parsed(run);
  ASSERT_FALSE(all.empty());
  for (const auto& one : all) {
    EXPECT_TRUE(one["passed"]);
    EXPECT_GE(one["equal_tokens"], 0.99);
    EXPECT_LT(one["worst_sample"], 1e-3);
    EXPECT_GT(one["worst_sample"], 0);  // the vectors were written with 16 bits
  }
  const std::string text = Expect(0, "quaver selftest --model tiny").out;
  EXPECT_EQ(text.find(all[0]["instructions"].get<std::string>() + " "), 0u) << text;
  EXPECT_NE(text.find(" passed, "), std::string::npos) << text;
}

TEST_F(SelftestTest, OtherSoundFails) {
  CopyVectors();
  Expect(0, "cp vectors/varied.flac vectors/steady.flac");
  ExpectFails("steady: a sample is off by");
}

TEST_F(SelftestTest, OtherTokensFail) {
  CopyVectors();
  Expect(0,
         "tail -1 vectors/steady.packets > last; head -n -1 vectors/steady.packets > first; "
         "tr 0-9a-f 1-9a-f0 < last >> first; mv first vectors/steady.packets");
  const ToolRun run = Expect(1, "quaver selftest vectors --model tiny");
  EXPECT_NE(run.out.find("steady: 1 of 13 packets do not decode to their tokens"), std::string::npos)
      << run.out;
}

TEST_F(SelftestTest, OtherInputFails) {
  CopyVectors();
  MakeWav("other.wav", 96000);
  Expect(0, "cp other.wav vectors/input.flac");
  const ToolRun run = Expect(1, "quaver selftest vectors --model tiny");
  EXPECT_NE(run.out.find("of the tokens are equal, not 99.90 %"), std::string::npos) << run.out;
}

TEST_F(SelftestTest, AFolderWithoutVectorsIsAFailure) {
  const ToolRun missing = Expect(1, "quaver selftest .");
  EXPECT_NE(missing.err.find("./index.json: cannot be opened"), std::string::npos) << missing.err;
  CopyVectors();
  Expect(0, "rm vectors/varied.npy");
  EXPECT_NE(Expect(1, "quaver selftest vectors").err.find("vectors/varied.npy"), std::string::npos);
  Store("vectors/index.json", "{}");
  EXPECT_NE(Expect(1, "quaver selftest vectors").err.find("vectors/index.json: "), std::string::npos);
  EXPECT_NE(Expect(1, "quaver selftest --model missing").err.find("missing"), std::string::npos);
}

}  // namespace
}  // namespace quaver
