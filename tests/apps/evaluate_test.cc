// quaver evaluate of clips that are not as long as each other.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

TEST_F(ToolTest, EvaluateTellsLengthsThatDiffer) {
  MakeWav("ref.wav", 48000);
  MakeWav("third.wav", 16000);
  MakeWav("longer.wav", 96000);
  MakeWav("rounded.wav", 48000 - 1600);
  MakeWav("other-rate.wav", 132300, 44100);  // as long as ref.wav
  for (const char* other : {"third.wav", "longer.wav"}) {
    for (const std::string& pair : {std::string("ref.wav ") + other, std::string(other) + " ref.wav"}) {
      const ToolRun refused = Expect(1, "quaver evaluate " + pair);
      EXPECT_NE(refused.err.find("--allow-length-difference"), std::string::npos) << refused.err;
      EXPECT_EQ(refused.out.find("1.0000"), std::string::npos) << refused.out;
      const ToolRun told = Expect(0, "quaver evaluate --allow-length-difference --json " + pair);
      EXPECT_NE(told.err.find("3.00 s"), std::string::npos) << told.err;
      EXPECT_NEAR(nlohmann::json::parse(told.out, nullptr, false)["estoi"], 1.0, 1e-6);
    }
  }
  EXPECT_EQ(Expect(0, "quaver evaluate ref.wav rounded.wav").err, "");
  EXPECT_EQ(Expect(0, "quaver evaluate ref.wav other-rate.wav").err, "");

  Expect(0,
         "mkdir ref dec; cp ref.wav ref/a.wav; cp ref.wav ref/b.wav; cp ref.wav dec/a.wav; cp third.wav "
         "dec/b.wav");
  const ToolRun folders = Expect(1, "quaver evaluate ref dec --json");
  EXPECT_NE(folders.err.find("dec/b.wav: is 1.00 s long, ref/b.wav 3.00 s"), std::string::npos)
      << folders.err;
  EXPECT_EQ(nlohmann::json::parse(folders.out, nullptr, false)["clips"], 1);
}

}  // namespace
}  // namespace quaver
