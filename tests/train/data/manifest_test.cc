#include "codec/train/data/manifest.h"

#include <algorithm>
#include <random>

#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

class ManifestTest : public DataTest {
 protected:
  Result<Dataset> Load(const std::string& lines) {
    Text("lists/list.jsonl", lines);
    return LoadDataset(Path("lists/list.jsonl"), At16k());
  }
};

TEST_F(ManifestTest, PartsOfFilesAreTheSamplesThere) {
  Speech("sound/a.wav", 0, 3);
  Speech("sound/b.wav", 1, 1);
  const auto data =
      Load(R"({"path": "../sound/a.wav", "offset": 1.25, "duration": 0.5, "speaker": "anna", "text": "hi"}
{"path": "../sound/b.wav", "speaker": null}

{"path": "../sound/a.wav", "offset": 2}
{"path": "../sound/a.wav", "offset": 0.5, "duration": 1}
)");
  ASSERT_TRUE(data.ok()) << data.message();
  const auto whole = LoadDataset(Path("sound"), At16k());
  ASSERT_TRUE(whole.ok());
  const auto a = whole.value().clips[0].samples;
  const auto& clips = data.value().clips;
  ASSERT_EQ(clips.size(), 4u);
  EXPECT_TRUE(std::ranges::equal(clips[0].samples, a.subspan(8000, 16000)));  // sorted by name: "#t=0.5,1.5"
  EXPECT_TRUE(std::ranges::equal(clips[1].samples, a.subspan(20000, 8000)));
  EXPECT_EQ(clips[1].speaker, "anna");
  EXPECT_TRUE(std::ranges::equal(clips[2].samples, a.subspan(32000)));
  EXPECT_TRUE(std::ranges::equal(clips[3].samples, whole.value().clips[1].samples));
  EXPECT_EQ(clips[3].speaker, "");
}

TEST_F(ManifestTest, PartsBeyondTheEndAreSkipped) {
  Speech("lists/a.wav", 0, 2);
  const auto data = Load(R"({"path": "a.wav", "offset": 1, "duration": 1.2}
{"path": "a.wav", "offset": 1, "duration": 9}
{"path": "a.wav", "offset": 7}
{"path": "gone.wav"})");
  ASSERT_TRUE(data.ok()) << data.message();
  ASSERT_EQ(data.value().clips.size(), 1u);  // the first ends a rounding error too late
  EXPECT_EQ(data.value().clips[0].samples.size(), 16000u);
  EXPECT_EQ(data.value().skipped.size(), 3u);
}

TEST_F(ManifestTest, ErrorsNameLineAndCause) {
  const std::pair<const char*, const char*> cases[] = {
      {"{\"path\": \"a.wav\"}\n{\"path\": }", "line 2: not valid JSON"},
      {"[1]", "line 1: not a JSON object"},
      {"{\"speaker\": \"x\"}", "line 1: \"path\" is missing"},
      {"{\"path\": 3}", "line 1: \"path\" is not a string"},
      {"{\"path\": \"a.wav\", \"offset\": -1}", "\"offset\" must be"},
      {"{\"path\": \"a.wav\", \"offset\": \"1\"}", "\"offset\" is not a number"},
      {"{\"path\": \"a.wav\", \"duration\": 1e300}", "\"duration\" must be"},
      {"{\"path\": \"a.wav\", \"duration\": 0}", "\"duration\" is 0"},
      {"{\"path\": \"a.wav\", \"speaker\": \"a\\nb\"}", "control characters"},
      {"{\"path\": \"a.wav\"}\n\n{\"path\": \"a.wav\"}", "line 3: the same clip as in line 1"},
      {"", "names no sound file"},
  };
  for (const auto& [lines, expected] : cases) {
    const auto data = Load(lines);
    ASSERT_FALSE(data.ok()) << lines;
    EXPECT_NE(data.message().find(expected), std::string::npos) << data.message();
    EXPECT_NE(data.message().find("list.jsonl"), std::string::npos) << data.message();
  }
}

TEST_F(ManifestTest, DamagedListsNeverCrash) {
  Speech("lists/a.wav", 0, 1);
  const std::string good = "{\"path\": \"a.wav\", \"offset\": 0.25, \"duration\": 0.5, \"speaker\": \"x\"}\n";
  std::mt19937_64 random(3);
  for (int i = 0; i < 300; ++i) {
    std::string bad = good + good;
    for (int k = 0; k < 3; ++k) bad[random() % bad.size()] = static_cast<char>(random());
    Text("lists/list.jsonl", bad);
    const auto entries = ReadManifest(Path("lists/list.jsonl"));
    EXPECT_TRUE(entries.ok() || !entries.message().empty());
  }
}

}  // namespace
}  // namespace quaver
