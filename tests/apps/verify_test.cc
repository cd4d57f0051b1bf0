#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/apps/run_tool.h"
#include "tests/conformance/index.h"
#include "tests/conformance/vectors.h"

namespace quaver {
namespace {

class VerifyTest : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    MakeWav("in.wav", 16000 * 20);
    Expect(0, "quaver encode in.wav --model tiny -o good.qvr");
    std::string bad = Bytes("good.qvr");
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x40);
    Store("bad.qvr", bad);
    Store("none.qvr", "nothing");
  }

  nlohmann::json Json(int code, const std::string& arguments) const {
    return nlohmann::json::parse(Expect(code, "quaver verify --json " + arguments).out, nullptr, false);
  }
};

TEST_F(VerifyTest, ALineForEachFileAndWhatIsWrong) {
  ToolRun run = Expect(0, "quaver verify good.qvr");
  EXPECT_EQ(run.out.substr(0, 23), "good.qvr: whole, 20.000");
  EXPECT_EQ(run.err, "");
  run = Expect(3, "quaver verify good.qvr bad.qvr");
  EXPECT_NE(run.out.find("good.qvr: whole"), std::string::npos);
  EXPECT_NE(run.out.find("\nbad.qvr: damaged"), std::string::npos);
  EXPECT_NE(run.out.find("\n  page "), std::string::npos);
  run = Expect(1, "quaver verify good.qvr none.qvr bad.qvr missing.qvr in.wav");
  EXPECT_NE(run.out.find("\nbad.qvr: damaged"), std::string::npos);  // the rest is looked at
  for (const char* name : {"none.qvr: ", "missing.qvr: ", "in.wav: "}) {
    EXPECT_NE(run.err.find(std::string("quaver verify: ") + name), std::string::npos) << run.err;
  }
}

TEST_F(VerifyTest, QuietIsSilentAboutWholeFiles) {
  EXPECT_EQ(Expect(0, "quaver verify --quiet good.qvr").out, "");
  EXPECT_EQ(Expect(3, "quaver verify --quiet good.qvr bad.qvr").out.substr(0, 16), "bad.qvr: damaged");
}

TEST_F(VerifyTest, StandardInput) {
  EXPECT_EQ(Expect(0, "cat good.qvr | quaver verify -").out.substr(0, 22), "standard input: whole,");
  Expect(3, "quaver verify - < bad.qvr");
  Expect(1, "quaver verify - < none.qvr");
}

TEST_F(VerifyTest, JsonHasEverythingThatWasFound) {
  const auto good = Json(0, "good.qvr");
  EXPECT_EQ(good["verdict"], "whole");
  EXPECT_EQ(good["seconds"], 20.0);
  EXPECT_EQ(good["lost_frames"], 0);
  EXPECT_EQ(good["refused_packets"], 0);
  EXPECT_TRUE(good["damage"].empty());
  const auto all = Json(1, "good.qvr bad.qvr none.qvr --quiet");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0], good);
  EXPECT_EQ(all[1]["verdict"], "damaged");
  EXPECT_GT(all[1]["lost_frames"], 0);
  EXPECT_FALSE(all[1]["damage"].empty());
  EXPECT_EQ(all[2]["verdict"], "refused");
  EXPECT_NE(all[2]["error"].get<std::string>().find("not a .qvr file"), std::string::npos);
}

TEST_F(VerifyTest, AnUnknownModelIsAFailureUnlessOnlyTheStructureIsAskedFor) {
  const ToolRun run = Expect(1, "QUAVER_MODELS= quaver verify good.qvr");
  EXPECT_NE(run.err.find("good.qvr: no model has the identity"), std::string::npos) << run.err;
  EXPECT_EQ(run.out.substr(0, 15), "good.qvr: whole");  // and that is known all the same
  EXPECT_EQ(nlohmann::json::parse(Run("QUAVER_MODELS= quaver verify --json good.qvr").out)["verdict"],
            "not decodable");
  Expect(0, "QUAVER_MODELS= quaver verify --structure good.qvr");
  Expect(3, "QUAVER_MODELS= quaver verify --structure bad.qvr");
  Expect(1, "quaver verify good.qvr --model default");  // made with another one
}

// The streams of the conformance vectors, of which the index tells what they are.
TEST_F(VerifyTest, JudgesTheConformanceVectors) {
  const std::string verify = "QUAVER_MODELS=" + VectorPath("") + " quaver verify --quiet ";
  for (const Vector& vector : VectorsOfKind("stream")) {
    const bool whole = !vector.json["damaged"] && vector.name != "packet-refused";
    const ToolRun run = Expect(whole ? 0 : 3, verify + VectorPath(vector.json["file"]));
    EXPECT_EQ(run.out.empty(), whole) << run.out;
  }
  for (const Vector& vector : VectorsOfKind("refused stream")) {
    Expect(1, verify + VectorPath(vector.json["file"]));
  }
}

}  // namespace
}  // namespace quaver
