#include "codec/train/data/layouts.h"

#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

using Names = std::vector<std::string>;
using LayoutsTest = DataTest;

std::string NotesOf(const Source& source) {
  std::string text;
  for (const std::string& note : source.notes) text += note + "\n";
  return text;
}

TEST_F(LayoutsTest, VctkOfBothReleases) {
  Speech("old/wav48/p225/p225_001.wav", 0);
  Speech("new/wav48_silence_trimmed/p226/p226_001_mic1.flac", 1);
  Speech("new/wav48_silence_trimmed/p226/p226_001_mic2.flac", 1);
  Speech("new/wav48_silence_trimmed/s5/s5_001_mic1.flac", 2);
  const auto source = FindSource(Path(""), {});
  ASSERT_TRUE(source.ok()) << source.message();
  Names speakers;
  for (const SoundEntry& entry : source.value().entries) {
    speakers.push_back(entry.speaker);
    EXPECT_EQ(entry.split, Split::kNone);
  }
  EXPECT_EQ(speakers, (Names{"VCTK/p226", "VCTK/s5", "VCTK/p225"}));
  EXPECT_NE(NotesOf(source.value()).find("1 files of VCTK's second microphone"), std::string::npos);
}

TEST_F(LayoutsTest, LibriSpeechNeedsPathsThatAgree) {
  Speech("train-clean-100/19/198/19-198-0000.flac", 0);
  Speech("train-clean-100/19/198/20-198-0000.flac", 0);  // not speaker 19's
  Speech("train-clean-100/xx/198/xx-198-0000.flac", 0);
  Speech("mine/19/198/19-198-0000.flac", 0);
  Speech("dev-clean/84/121/84_121_000000_000001.wav", 0);  // LibriTTS
  const auto source = FindSource(Path(""), {});
  ASSERT_TRUE(source.ok());
  std::map<std::string, std::string> speakers;
  for (const SoundEntry& entry : source.value().entries)
    if (!entry.speaker.empty()) speakers[entry.name] = entry.speaker + " " + SplitName(entry.split);
  EXPECT_EQ(speakers, (std::map<std::string, std::string>{
                          {"train-clean-100/19/198/19-198-0000.flac", "LibriSpeech/19 train"},
                          {"dev-clean/84/121/84_121_000000_000001.wav", "LibriSpeech/84 dev"}}));
}

class CommonVoiceTest : public DataTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 5; ++i) Speech("en/clips/cv_" + std::to_string(i) + ".wav", i);
    Text("en/train.tsv",
         "client_id\tpath\tsentence\nanna\tcv_0.wav\thello\nanna\tcv_1.wav\t\nben\tgone.mp3\tx\n");
    Text("en/dev.tsv", "client_id\tpath\tsentence\ncaro\tcv_2.wav\thello\n");
    Text("en/test.tsv", "client_id\tpath\tsentence\r\ndan\tcv_3.wav\thello\r\n");
  }
};

TEST_F(CommonVoiceTest, TablesSaySpeakersAndParts) {
  for (const char* folder : {"en", "en/clips", ""}) {
    const auto sets = LoadTrainingSets(Path(folder), "", 0.5, At16k());
    ASSERT_TRUE(sets.ok()) << sets.message();
    EXPECT_EQ(FileNames(sets.value().train), (Names{"cv_0.wav", "cv_1.wav"})) << folder;
    EXPECT_EQ(sets.value().train.clips[1].speaker, "CommonVoice/anna");
    EXPECT_EQ(FileNames(sets.value().validation), Names{"cv_2.wav"});
  }
  const auto source = FindSource(Path("en"), {});
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(source.value().entries.size(), 4u);  // cv_4 is in no table
  EXPECT_NE(NotesOf(source.value()).find("left aside: 1 files"), std::string::npos)
      << NotesOf(source.value());
  ASSERT_EQ(source.value().missing.size(), 1u);
  EXPECT_NE(source.value().missing[0].path.find("gone.mp3"), std::string::npos);
}

TEST_F(CommonVoiceTest, BrokenTablesAreRefusedWithTheirLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"id\tfile\nx\tcv_0.wav\n", "line 1"},
      {"client_id\tsentence\tpath\nanna\n", "line 2"},
      {"client_id\tpath\nanna\tcv_0.wav\nben\tcv_2.wav\n", "dev.tsv: line 2"},  // in two parts
  };
  for (const auto& [table, expected] : cases) {
    Text("en/train.tsv", table);
    const auto source = FindSource(Path("en"), {});
    ASSERT_FALSE(source.ok()) << table;
    EXPECT_NE(source.message().find(expected), std::string::npos) << source.message();
  }
}

}  // namespace
}  // namespace quaver
