#include "codec/train/log/event_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "codec/io/sound_file.h"
#include "tests/io/temp_folder.h"
#include "tests/train/log/event_reader.h"

namespace quaver {
namespace {

class EventFileTest : public TempFolder {
 protected:
  std::string Folder() const { return Path(""); }
};

TEST_F(EventFileTest, BeginsWithTheVersionAndForgetsLaterSteps) {
  { ASSERT_TRUE(EventFile::Create(Folder(), 41).ok()); }
  const auto events = ReadEvents(EventPath(Folder()));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_TRUE(events[1].session_start);
  EXPECT_EQ(events[1].step, 42);
  EXPECT_GT(events[1].wall_time, 1.6e9);
}

// TensorBoard reads them in the order of their names.
TEST_F(EventFileTest, ALaterFileComesLaterThoughTheClockWasSetBack) {
  const std::string tomorrow = "events.out.tfevents.9000000000.quaver";
  Put(Path(tomorrow), "");
  ASSERT_TRUE(EventFile::Create(Folder(), 1).ok());
  ASSERT_TRUE(EventFile::Create(Folder(), 2).ok());
  auto names = Files();
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{tomorrow, "events.out.tfevents.9000000001.quaver",
                                             "events.out.tfevents.9000000002.quaver"}));
}

TEST_F(EventFileTest, ScalarsComeBack) {
  {
    const auto file = EventFile::Create(Folder(), 0);
    ASSERT_TRUE(file.ok()) << file.message();
    const std::vector<NamedValue> values = {{"train/loss", 2.5}, {"train/lr", 8e-4}, {"train/nan", NAN}};
    ASSERT_TRUE(file.value()->Scalars(300, values).ok());
    ASSERT_TRUE(file.value()->Scalars(int64_t{1} << 40, values).ok());
    ASSERT_TRUE(file.value()->Scalars(301, {}).ok());
  }
  const auto events = ReadEvents(EventPath(Folder()));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[2].step, 300);
  EXPECT_EQ(events[3].step, int64_t{1} << 40);
  EXPECT_EQ(events[2].values.at("train/loss").Float(2), 2.5f);
  EXPECT_EQ(events[2].values.at("train/lr").Float(2), 8e-4f);
  EXPECT_TRUE(std::isnan(events[2].values.at("train/nan").Float(2)));
}

TEST_F(EventFileTest, AudioIsAWavFile) {
  const std::vector<float> samples = {0, 0.5f, -0.5f, 1, -1, 0.25f};
  {
    const auto file = EventFile::Create(Folder(), 0);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file.value()->Audio(7, "clip/q03", samples, 16000).ok());
  }
  const auto events = ReadEvents(EventPath(Folder()));
  ASSERT_EQ(events.size(), 3u);
  const Message audio = ParseMessage(events[2].values.at("clip/q03").Bytes(6));
  EXPECT_EQ(audio.Float(1), 16000);
  EXPECT_EQ(audio.Number(2), 1u);
  EXPECT_EQ(audio.Number(3), samples.size());
  EXPECT_EQ(audio.Bytes(5), "audio/wav");
  Put(Path("a.wav"), audio.Bytes(4));
  const auto sound = SoundReader::Open(Path("a.wav"));
  ASSERT_TRUE(sound.ok()) << sound.message();
  EXPECT_EQ(sound.value()->sample_rate(), 16000);
  std::vector<float> read(10);
  const auto count = sound.value()->ReadMono(read);
  ASSERT_TRUE(count.ok());
  ASSERT_EQ(count.value(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) EXPECT_NEAR(read[i], samples[i], 1.0 / 32767);
}

TEST_F(EventFileTest, ImagesSayHowLargeTheyAre) {
  const Picture picture{3, 2, {0, 1, 0, 1, 0, 1}, {{255, 0, 0}, {0, 0, 255}}};
  {
    const auto file = EventFile::Create(Folder(), 0);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file.value()->Image(7, "clip/q03", picture).ok());
    EXPECT_FALSE(file.value()->Image(7, "clip/q03", Picture{3, 3, {0}, {{0, 0, 0}}}).ok());
  }
  const auto events = ReadEvents(EventPath(Folder()));
  ASSERT_EQ(events.size(), 3u);
  const Message image = ParseMessage(events[2].values.at("clip/q03").Bytes(4));
  EXPECT_EQ(image.Number(1), 2u);
  EXPECT_EQ(image.Number(2), 3u);
  EXPECT_EQ(image.Bytes(4).substr(1, 3), "PNG");
}

TEST_F(EventFileTest, ASecondFileInTheSameSecondComesAfterTheFirst) {
  ASSERT_TRUE(EventFile::Create(Folder(), 0).ok());
  ASSERT_TRUE(EventFile::Create(Folder(), 10).ok());
  EXPECT_EQ(ReadEvents(EventPath(Folder(), 0)).at(1).step, 1);
  EXPECT_EQ(ReadEvents(EventPath(Folder(), 1)).at(1).step, 11);
}

TEST_F(EventFileTest, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  AppendFile file;
  const Status opened = file.Open("/dev/full");
  if (!opened.ok()) GTEST_SKIP() << opened.message();
  ASSERT_TRUE(file.Append("line").ok());
  const Status status = file.Flush();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("/dev/full"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace quaver
