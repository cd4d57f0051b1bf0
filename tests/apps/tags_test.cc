// Tags from sound files through .qvr into sound files.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codec/io/sound_file.h"
#include "codec/io/sound_tags.h"
#include "tests/apps/run_tool.h"

namespace quaver {
namespace {

using Tags = std::map<std::string, std::string>;

class TagsTest : public ToolTest {
 protected:
  // A second of speech with tags.
  void MakeTagged(const std::string& name, const std::vector<SoundTag>& tags) const {
    auto writer = SoundWriter::Create(Path(name), 16000, 1);
    ASSERT_TRUE(writer.ok()) << writer.message();
    EXPECT_EQ(writer.value()->SetTags(tags), std::vector<std::string>());
    ASSERT_TRUE(writer.value()->Write(Speech(16000, 16000)).ok());
    ASSERT_TRUE(writer.value()->Commit().ok());
  }
  Tags Of(const std::string& name) const {
    Tags tags;
    const auto reader = SoundReader::Open(Path(name));
    EXPECT_TRUE(reader.ok()) << reader.message();
    if (reader.ok()) {
      for (const SoundTag& tag : reader.value()->tags()) tags[tag.name] = tag.value;
    }
    return tags;
  }
  // As info prints them.
  Tags OfQvr(const std::string& name) const {
    const auto facts = nlohmann::json::parse(Expect(0, "quaver info --json " + name).out, nullptr, false);
    Tags tags;
    for (const auto& tag : facts["tags"]) tags[tag["name"]] = tag["value"];
    return tags;
  }
};

const std::vector<SoundTag> kAll = {{"TITLE", "Größe, 大きさ = size"},
                                    {"ARTIST", "Ada Lovelace"},
                                    {"ALBUM", "Letters"},
                                    {"DATE", "1843-07-10"},
                                    {"GENRE", "Speech"},
                                    {"TRACKNUMBER", "7"},
                                    {"COMMENT", "first, second"},
                                    {"COPYRIGHT", "none"},
                                    {"LICENSE", "CC0-1.0"}};

TEST_F(TagsTest, TravelThroughAStream) {
  MakeTagged("in.flac", kAll);
  Tags all;
  for (const SoundTag& tag : kAll) all[tag.name] = tag.value;
  ASSERT_EQ(Of("in.flac"), all);
  EXPECT_EQ(Expect(0, "quaver encode in.flac --model tiny").err, "");
  EXPECT_EQ(OfQvr("in.qvr"), all);
  EXPECT_NE(Expect(0, "quaver info in.qvr").out.find("ARTIST=Ada Lovelace"), std::string::npos);
  EXPECT_EQ(Expect(0, "quaver decode in.qvr -o out.flac").err, "");
  EXPECT_EQ(Of("out.flac"), all);

  EXPECT_NE(Expect(0, "quaver decode in.qvr -o out.wav").err.find("left out: LICENSE"), std::string::npos);
  for (const char* name : {"TITLE", "ARTIST", "DATE", "COMMENT", "GENRE"})
    EXPECT_EQ(Of("out.wav")[name], all[name]);
  EXPECT_EQ(ReadSound(Path("out.wav")).mono, ReadSound(Path("out.flac")).mono);
  Expect(0, "quaver encode out.wav -o again.qvr --model tiny");
  EXPECT_EQ(OfQvr("again.qvr")["TITLE"], all["TITLE"]);

  Expect(0, "quaver encode in.flac -o bare.qvr --no-tags --model tiny");
  EXPECT_EQ(OfQvr("bare.qvr"), Tags());
  Expect(0, "quaver decode in.qvr -o bare.flac --no-tags");
  EXPECT_EQ(Of("bare.flac"), Tags());
}

TEST_F(TagsTest, CommentsReplaceAndAdd) {
  MakeTagged("in.flac", {{"ARTIST", "somebody"}, {"TITLE", "a title"}});
  Expect(0, "quaver encode in.flac --model tiny --comment 'artist=Ada, Countess' --comment MOOD=calm=er");
  EXPECT_EQ(OfQvr("in.qvr"), (Tags{{"TITLE", "a title"}, {"artist", "Ada, Countess"}, {"MOOD", "calm=er"}}));
  const ToolRun run = Expect(0, "quaver decode in.qvr -o out.wav --comment DATE=1843");
  EXPECT_NE(run.err.find("out.wav: tags that it cannot hold are left out: MOOD"), std::string::npos)
      << run.err;
  EXPECT_EQ(Of("out.wav"), (Tags{{"TITLE", "a title"}, {"ARTIST", "Ada, Countess"}, {"DATE", "1843"}}));
  const ToolRun lost = Expect(1, "quaver decode in.qvr -o lost.wav --comment Mood=x");
  EXPECT_NE(lost.err.find("lost.wav: has no place for --comment Mood"), std::string::npos) << lost.err;
  EXPECT_FALSE(Exists("lost.wav"));
  Expect(0, "quaver encode in.flac -o own.qvr --model tiny --no-tags --comment A=");
  EXPECT_EQ(OfQvr("own.qvr"), (Tags{{"A", ""}}));
  for (const char* bad : {"=x", "nothing", "'Ä=x'", "'A=\xFF'"})
    Expect(2, std::string("quaver encode in.flac --model tiny --force --comment ") + bad);
}

// FLAC holds what a .qvr holds, in its order.
TEST_F(TagsTest, OfAnyNameAndSeveralOfOneGoFromFlacToFlac) {
  const std::vector<SoundTag> tags = {{"ARTIST", "Ada"}, {"MOOD", "calm"}, {"ARTIST", "Bob"}};
  MakeTagged("in.flac", tags);
  EXPECT_EQ(Expect(0, "quaver encode in.flac --model tiny; quaver decode in.qvr -o out.flac").err, "");
  const auto reader = SoundReader::Open(Path("out.flac"));
  ASSERT_TRUE(reader.ok()) << reader.message();
  ASSERT_EQ(reader.value()->tags().size(), tags.size());
  for (size_t i = 0; i < tags.size(); ++i) {
    EXPECT_EQ(reader.value()->tags()[i].name, tags[i].name);
    EXPECT_EQ(reader.value()->tags()[i].value, tags[i].value);
  }
}

TEST_F(TagsTest, WithoutTagsNothingChanges) {
  MakeWav("in.wav", 16000);
  Expect(0, "quaver encode in.wav --model tiny; quaver encode in.wav --model tiny --no-tags -o b.qvr");
  EXPECT_EQ(Bytes("in.qvr"), Bytes("b.qvr"));
  EXPECT_EQ(OfQvr("in.qvr"), Tags());
}

TEST_F(TagsTest, TextOfOthersDoesNotReachTheTerminal) {
  MakeTagged("in.flac", {{"TITLE", "a\033[2Jb\nc"}});
  Expect(0, "quaver encode in.flac --model tiny");
  const std::string text = Expect(0, "quaver info in.qvr").out;
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_NE(text.find("TITLE=a\\x1B[2Jb\\nc\n"), std::string::npos) << text;

  const std::string rtl = "\u202E";  // shows what follows from right to left
  MakeTagged("in.flac", {{"TITLE", "a" + rtl + "b" + "\u0085"}});
  Expect(0, "quaver encode in.flac --model tiny --force");
  const std::string shown = Expect(0, "quaver info in.qvr").out;
  EXPECT_NE(shown.find("TITLE=a\\u202Eb\\u0085\n"), std::string::npos) << shown;
  const std::string json = Expect(0, "quaver info --json in.qvr").out;
  EXPECT_EQ(json.find(rtl), std::string::npos);
  EXPECT_EQ(OfQvr("in.qvr"), (Tags{{"TITLE", "a" + rtl + "b" + "\u0085"}}));
  // Names of files too, whoever prints them; a line feed does not begin a message of its own.
  for (const std::string command : {"encode", "decode", "info", "evaluate in.flac", "data"}) {
    const ToolRun run = Run("quaver " + command + " './x" + rtl + "\x1B\nquaver: y\xFF.wav'");
    const std::string said = run.out + run.err;
    EXPECT_NE(run.code, 0);
    EXPECT_NE(said.find("x\\u202E\\x1B\\nquaver: y\\xFF.wav"), std::string::npos) << command << ": " << said;
    EXPECT_EQ(said.find(rtl), std::string::npos) << command;
    EXPECT_EQ(said.find('\x1B'), std::string::npos) << command;
  }
}

TEST_F(TagsTest, GoThroughPipesIntoAStream) {
  MakeTagged("in.flac", kAll);
  Expect(0, "cat in.flac | quaver encode - -o - --model tiny | cat > piped.qvr");
  EXPECT_EQ(OfQvr("piped.qvr").size(), kAll.size());
  EXPECT_NE(
      Expect(0, "quaver decode piped.qvr -o - | cat > out.wav")
          .err.find(
              "piped.qvr: tags are left out, since a WAV in a pipe has no place for them: TITLE, ARTIST"),
      std::string::npos);
  EXPECT_EQ(Expect(0, "quaver decode piped.qvr -o - --no-tags | cat > out.wav").err, "");
  EXPECT_EQ(Of("out.wav"), Tags());  // a WAV in a pipe has no place for them
  EXPECT_NE(Expect(1, "quaver decode piped.qvr -o - --comment A=b > out.wav")
                .err.find("a pipe has no place for --comment"),
            std::string::npos);
}

TEST_F(TagsTest, AnArrayHasNone) {
  MakeTagged("in.flac", kAll);
  const ToolRun left = Expect(0, "quaver encode in.flac -o in.npy --tokens 6 --model tiny");
  EXPECT_NE(left.err.find("in.flac: tags are left out, since an .npy has no place for them: TITLE, ARTIST"),
            std::string::npos)
      << left.err;
  EXPECT_EQ(Expect(0, "quaver encode in.flac -o c.npy --tokens 6 --model tiny --no-tags").err, "");
  Expect(2, "quaver encode in.flac -o b.npy --tokens 6 --model tiny --comment A=b");
  EXPECT_FALSE(Exists("b.npy"));
  Expect(0, "quaver decode in.npy -o out.flac --model tiny --comment TITLE=x");
  EXPECT_EQ(Of("out.flac"), (Tags{{"TITLE", "x"}}));
}

TEST_F(TagsTest, RawSamplesHaveNone) {
  MakeTagged("in.flac", {{"MOOD", "calm"}});
  Expect(0, "mkdir d; quaver encode in.flac --model tiny; cp in.qvr d/a.qvr; cp in.qvr d/b.qvr");
  EXPECT_NE(Expect(0, "quaver decode in.qvr --raw")
                .err.find("in.qvr: tags are left out, since raw samples have no place for them: MOOD\n"),
            std::string::npos);
  EXPECT_EQ(Expect(0, "quaver decode in.qvr --raw --force --no-tags").err, "");
  const std::string batch = Expect(0, "quaver decode d -o raw --raw").err;  // told of the first one only
  const size_t first = batch.find("tags are left out");
  EXPECT_NE(first, std::string::npos) << batch;
  EXPECT_EQ(batch.find("tags are left out", first + 1), std::string::npos) << batch;
  EXPECT_NE(batch.find("MOOD; this is not told of other inputs"), std::string::npos) << batch;
}

TEST_F(TagsTest, WhatIsTooLongIsLeftOutAndTold) {
  MakeTagged("in.flac", {{"TITLE", "short"}, {"COMMENT", std::string(70000, 'x')}});
  const ToolRun run = Expect(0, "quaver encode in.flac --model tiny");
  EXPECT_NE(run.err.find("COMMENT"), std::string::npos) << run.err;
  EXPECT_EQ(OfQvr("in.qvr"), (Tags{{"TITLE", "short"}}));

  std::vector<SoundTag> many;
  for (int i = 0; i < 30000; ++i) many.push_back({"ARTIST", "number " + std::to_string(100000 + i)});
  many.push_back({"TITLE", "short"});
  MakeTagged("many.flac", many);
  const ToolRun told = Expect(0, "quaver encode many.flac --model tiny");
  EXPECT_NE(told.err.find("many.flac: tags are left out, which are too long for a .qvr file (ARTIST (2"),
            std::string::npos)
      << told.err.substr(0, 1000);
  EXPECT_LT(told.err.size(), 300u);
  EXPECT_EQ(OfQvr("many.qvr")["TITLE"], "short");
  EXPECT_NE(Expect(0, "quaver info many.qvr").out.find("ARTIST=number 100000\n"), std::string::npos);
}

}  // namespace
}  // namespace quaver
