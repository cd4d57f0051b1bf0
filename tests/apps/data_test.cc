// quaver data and quaver pack through the real program.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

class DataTool : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    Expect(0, "mkdir -p speech/sub");
    MakeWav("speech/a.wav", 30000);
    MakeWav("speech/sub/b.wav", 40000, 22050, 2);
    Store("speech/broken.wav", "nothing");
    Store("list.jsonl",
          "{\"path\": \"speech/a.wav\", \"offset\": 0.5, \"duration\": 1, \"speaker\": \"anna\"}\n");
  }
};

TEST_F(DataTool, TheReportForPeopleAndForPrograms) {
  const ToolRun text = Expect(0, "quaver data speech");
  for (const char* part : {"2 clips", "22050 Hz: 1", "broken.wav: ", "durations", "####", "validation"})
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  const auto one = nlohmann::json::parse(Expect(0, "quaver data speech --json").out, nullptr, false);
  ASSERT_TRUE(one.is_object());
  EXPECT_EQ(one["usable"]["clips"], 2);
  EXPECT_EQ(one["channels"]["2"], 1);
  EXPECT_EQ(one["broken"].size(), 1u);
  const auto two =
      nlohmann::json::parse(Expect(0, "quaver data speech list.jsonl --json").out, nullptr, false);
  ASSERT_TRUE(two.is_array());
  EXPECT_EQ(two[1]["usable"]["speakers"], 1);
}

TEST_F(DataTool, PackedDataAreReportedAlike) {
  const ToolRun pack = Expect(0, "quaver pack speech -o shards --shard-size 64K");
  EXPECT_NE(pack.err.find("skipped: speech/broken.wav"), std::string::npos) << pack.err;
  EXPECT_EQ(List("shards"), (std::vector<std::string>{"train-00000-of-00002.safetensors",
                                                      "train-00001-of-00002.safetensors"}));
  const auto shards = nlohmann::json::parse(Expect(0, "quaver data shards --json").out, nullptr, false);
  EXPECT_EQ(shards["kind"], "shards");
  EXPECT_EQ(shards["usable"]["clips"], 2);
  Expect(1, "quaver pack speech -o shards");
  Expect(0, "quaver pack list.jsonl -o shards --force");
  EXPECT_EQ(List("shards").size(), 1u);
}

TEST_F(DataTool, SaysWhatIsWrong) {
  for (const char* line : {"quaver data", "quaver data speech --jobs 0", "quaver data speech --held-out 1",
                           "quaver pack speech", "quaver pack -o x", "quaver pack speech -o x --shard-size 1",
                           "quaver pack speech -o x --shard-size 5Q", "quaver pack speech -o x --rate 10",
                           "quaver pack speech -o x --shard-size 99999999999T"})
    EXPECT_NE(Expect(2, line).err, "") << line;
  EXPECT_NE(Expect(1, "quaver data nowhere").err.find("nowhere"), std::string::npos);
  Expect(1, "quaver data speech/a.wav");
  Expect(1, "quaver pack nowhere -o x");
  Expect(0, "mkdir empty");
  Expect(1, "quaver pack empty -o x");
  EXPECT_FALSE(Exists("x"));
  Store("bad.jsonl", "{\"path\": \"speech/a.wav\"}\n{\"path\": 7}\n");
  EXPECT_NE(Expect(1, "quaver data bad.jsonl").err.find("bad.jsonl: line 2"), std::string::npos);
}

}  // namespace
}  // namespace quaver
