#include <gtest/gtest.h>

#include <string>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

TEST_F(ToolTest, EveryCommandTeachesWithAnExample) {
  const std::string all = Expect(0, "quaver --help").out;
  for (const char* command :
       {"encode", "decode", "info", "verify", "evaluate", "data", "pack", "train", "export", "report", "selftest"}) {
    const std::string name = std::string("quaver ") + command;
    EXPECT_NE(all.find(command), std::string::npos);
    const ToolRun help = Expect(0, name + " --help");
    EXPECT_NE(help.out.find("\n  " + name + " "), std::string::npos) << help.out;
    EXPECT_EQ(help.err, "");
    EXPECT_EQ(Expect(0, name + " -h").out, help.out);
  }
  for (const char* code : {"\n  0  ", "\n  1  ", "\n  2  ", "\n  3  ", "\n  4  "}) {
    EXPECT_NE(all.find(code), std::string::npos) << code;
  }
}

TEST_F(ToolTest, TheVersionIsANumber) {
  const std::string version = Expect(0, "quaver --version").out;
  EXPECT_EQ(version.substr(0, 7), "quaver ");
  EXPECT_TRUE(version[7] >= '0' && version[7] <= '9') << version;
  EXPECT_NE(version.find("built-in model"), std::string::npos) << version;
}

TEST_F(ToolTest, SilentInAPipe) {
  MakeWav("in.wav", 50000);
  const ToolRun encode = Expect(0, "quaver encode in.wav --model tiny -o t.qvr");
  const ToolRun decode = Expect(0, "quaver decode t.qvr");
  EXPECT_EQ(encode.out + encode.err + decode.out + decode.err, "");
}

#ifdef QUAVER_NO_TRAINER
TEST_F(ToolTest, WithoutTheTrainerItSaysHowToGetIt) {
  for (const char* command : {"quaver train --data x --out y", "quaver fit-codebook x",
                              "quaver fit-entropy x", "quaver export x"}) {
    const ToolRun run = Expect(4, command);
    EXPECT_NE(run.err.find("QUAVER_TRAIN=ON"), std::string::npos) << run.err;
  }
}
#endif

}  // namespace
}  // namespace quaver
