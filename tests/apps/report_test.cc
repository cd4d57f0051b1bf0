// quaver report through the real program, on runs that RunLog wrote.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/train/log/run_log.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

class ReportTool : public ToolTest {
 protected:
  // A run of `steps` steps with validations, samples of real speech, and `name` as text where text may be.
  void MakeRun(const std::string& folder, int steps, const std::string& name = "plain") const {
    Expect(0, "mkdir -p '" + folder + "'");
    const auto log = RunLog::Open(Path(folder), 0);
    ASSERT_TRUE(log.ok()) << log.message();
    ASSERT_TRUE(log.value()->Start({{"training", {{"steps", steps}, {"note", name}}}}).ok());
    ValidationResult result;
    result.rates = {{3, .5, 4, 2}, {6, .6, 3, 2}};
    result.tokens = {{100, .5, 8, .25}};
    result.codes = 1000;
    result.sample_rate = 16000;
    const auto speech = Speech(16000, 16000);
    result.samples = {{"clip", speech, {{3, speech}, {6, speech}}}};
    for (int step = 1; step <= steps; ++step) {
      const std::vector<NamedValue> values = {
          {"loss", step == 2 ? NAN : 3 + 1.0 / step}, {name + "_term", 1}, {"lr", 1e-4}};
      ASSERT_TRUE(log.value()->Step(step, values).ok());
      result.rates[0].log_mel_db = step == 20 ? 2 : 4;
      result.score = ScoreOf(result.rates);
      if (step % 10 != 0) continue;
      ASSERT_TRUE(log.value()->Validation(step, result).ok());
    }
  }
  // The data inside a page; a failure of the test if there is none.
  static Json DataOf(const std::string& page) {
    const std::string mark = "id=\"data\">";
    const size_t begin = page.find(mark);
    const size_t end = page.find("</script>", begin);
    EXPECT_NE(begin, std::string::npos);
    const auto json =
        Json::parse(page.substr(begin + mark.size(), end - begin - mark.size()), nullptr, false);
    EXPECT_FALSE(json.is_discarded());
    return json;
  }
  static size_t Count(const std::string& text, const std::string& part) {
    size_t count = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }
};

TEST_F(ReportTool, OnePageHoldsEverything) {
  MakeRun("runs/first", 30);
  const ToolRun run = Expect(0, "quaver report runs/first");
  EXPECT_EQ(run.out + run.err, "");
  const std::string page = Bytes("report.html");
  const Json data = DataOf(page).at("runs").at(0);
  EXPECT_EQ(data["name"], "first");
  EXPECT_EQ(data["step"], 30);
  EXPECT_EQ(data["facts"]["training"]["steps"], 30);
  EXPECT_EQ(data["curves"]["step"].size(), 30u);
  EXPECT_EQ(data["curves"]["series"].size(), 3u);
  EXPECT_EQ(data["curves"]["series"][0]["values"][0], 4);
  EXPECT_TRUE(data["curves"]["series"][0]["values"][1].is_null());
  EXPECT_EQ(data["validations"].size(), 3u);
  // The first, the best and the last.
  ASSERT_EQ(data["samples"].size(), 1u);
  const Json& clip = data["samples"][0];
  ASSERT_EQ(clip["steps"].size(), 3u);
  EXPECT_EQ(clip["steps"][1]["step"], 20);
  ASSERT_EQ(clip["steps"][2]["decoded"].size(), 2u);
  EXPECT_EQ(clip["reference"]["flac"].get<std::string>().rfind("ZkxhQ", 0), 0u);  // "fLaC"
  EXPECT_EQ(clip["reference"]["png"].get<std::string>().rfind("iVBORw", 0), 0u);  // PNG's signature
  EXPECT_NEAR(clip["reference"]["seconds"].get<double>(), 1, 1e-6);
  // Nothing of it comes from elsewhere.
  EXPECT_EQ(page.find("https:"), std::string::npos);
  EXPECT_EQ(page.find("src=\""), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  for (const char* mark : {"/*STYLE*/", "/*DATA*/", "/*SCRIPT*/"})
    EXPECT_EQ(page.find(mark), std::string::npos);
}

TEST_F(ReportTool, SeveralRunsInOnePageAndForceToOverwrite) {
  MakeRun("a", 10);
  MakeRun("b", 20);
  Expect(0, "quaver report a b/ -o both.html");
  const Json runs = DataOf(Bytes("both.html"))["runs"];
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1]["name"], "b");
  EXPECT_NE(Expect(1, "quaver report a -o both.html").err.find("--force"), std::string::npos);
  Expect(0, "quaver report a -o both.html --force");
  EXPECT_EQ(DataOf(Bytes("both.html"))["runs"].size(), 1u);
  EXPECT_EQ(DataOf(Expect(0, "quaver report a -o - | cat").out)["runs"].size(), 1u);
}

TEST_F(ReportTool, NothingInALogBecomesMarkup) {
  const std::string hostile = "</script><img src=x onerror=alert(1)><!--<script>\xFF";
  MakeRun("run<script>", 10, hostile);
  Expect(0, "quaver report 'run<script>'");
  const std::string page = Bytes("report.html");
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  EXPECT_EQ(Count(page, "</script>"), 2u);  // the page's own
  EXPECT_EQ(DataOf(page)["runs"][0]["name"], "run<script>");
}

TEST_F(ReportTool, ARunThatGoesOnIsShownAsFarAsItIs) {
  MakeRun("run", 12);
  Store("run/log.jsonl", Bytes("run/log.jsonl") + "{\"step\":13,\"lo");
  Expect(0, "quaver report run");
  const Json run = DataOf(Bytes("report.html"))["runs"][0];
  EXPECT_EQ(run["step"], 12);
  EXPECT_EQ(run["unfinished"], true);
  Expect(0, "mkdir young && : > young/log.jsonl && quaver report young -o young.html");
  EXPECT_EQ(DataOf(Bytes("young.html"))["runs"][0]["step"], 0);
}

TEST_F(ReportTool, SaysWhatIsWrongAndGoesOnWithTheRest) {
  MakeRun("good", 10);
  Expect(0, "mkdir bad && printf '{\"step\":1}\\n{\"step\":oops}\\n' > bad/log.jsonl");
  const ToolRun both = Expect(1, "quaver report bad good");
  EXPECT_NE(both.err.find("bad/log.jsonl: line 2: not JSON"), std::string::npos) << both.err;
  EXPECT_EQ(DataOf(Bytes("report.html"))["runs"].size(), 1u);
  const ToolRun nothing = Expect(1, "quaver report nowhere -o none.html");
  EXPECT_NE(nothing.err.find("nowhere/log.jsonl"), std::string::npos) << nothing.err;
  EXPECT_FALSE(Exists("none.html"));
  Expect(2, "quaver report");

  Store("good/samples/step-000010/clip-q03.flac", "no sound");
  const ToolRun damaged = Expect(1, "quaver report good --force");
  EXPECT_NE(damaged.err.find("clip-q03.flac"), std::string::npos) << damaged.err;
  EXPECT_EQ(DataOf(Bytes("report.html"))["runs"][0]["samples"][0]["steps"][0]["decoded"].size(), 1u);
}

}  // namespace
}  // namespace quaver
