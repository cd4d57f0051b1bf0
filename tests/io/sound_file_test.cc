#include "codec/io/sound_file.h"

#include <FLAC/format.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "tests/io/temp_folder.h"
#include "tests/io/wav_bytes.h"

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class SoundFileTest : public TempFolder {
 protected:
  // The whole file, mixed down; empty and a failure if it cannot be read.
  static std::vector<float> ReadAll(const std::string& path, size_t step = 1000) {
    auto reader = SoundReader::Open(path);
    if (!reader.ok()) ADD_FAILURE() << reader.message();
    std::vector<float> all;
    std::vector<float> chunk(step);
    while (reader.ok()) {
      const auto got = reader.value()->ReadMono(chunk);
      if (!got.ok()) ADD_FAILURE() << got.message();
      if (!got.ok() || got.value() == 0) break;
      all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(got.value()));
    }
    return all;
  }
  static void WriteAll(const std::string& path, std::span<const float> samples, int rate, int channels) {
    auto writer = SoundWriter::Create(path, rate, channels);
    ASSERT_TRUE(writer.ok()) << writer.message();
    const Status written = writer.value()->Write(samples);
    ASSERT_TRUE(written.ok()) << written.message();
    const Status committed = writer.value()->Commit();
    ASSERT_TRUE(committed.ok()) << committed.message();
  }
  static std::string Cause(const std::string& path) {
    const auto reader = SoundReader::Open(path);
    return reader.ok() ? "opened" : reader.message();
  }
};

TEST_F(SoundFileTest, RoundTripOfSpeechIsExact) {
  const auto speech = ReadAll(QUAVER_SOURCE_DIR "/samples/en-vctk-p228.flac");
  ASSERT_GT(speech.size(), 16000U);
  for (const char* name : {"a.wav", "a.flac", "b.WAV"}) {
    for (const int channels : {1, 2, 3}) {
      WriteAll(Path(name), speech, 16000, channels);
      auto reader = SoundReader::Open(Path(name));
      ASSERT_TRUE(reader.ok()) << reader.message();
      EXPECT_EQ(reader.value()->sample_rate(), 16000);
      EXPECT_EQ(reader.value()->channels(), channels);
      EXPECT_EQ(reader.value()->frames(), static_cast<int64_t>(speech.size()));
      EXPECT_EQ(ReadAll(Path(name), 777), speech);
    }
  }
  EXPECT_EQ(Files().size(), 3U);
}

// Bit for bit what quaver_decode_i16() gives: halves to the even value.
TEST_F(SoundFileTest, FilesHoldTheSamplesOfTheApi) {
  std::vector<float> halves;
  std::vector<float> expected;
  for (int i = -40; i <= 40; ++i) {
    halves.push_back((static_cast<float>(i) + 0.5F) / 32768);
    expected.push_back(static_cast<float>(i % 2 == 0 ? i : i + 1) / 32768);
  }
  for (const char* name : {"a.wav", "a.flac"}) {
    WriteAll(Path(name), halves, 16000, 1);
    EXPECT_EQ(ReadAll(Path(name)), expected) << name;
  }
}

TEST_F(SoundFileTest, FullScaleIsLimitedNotWrapped) {
  const std::vector<float> loud = {2.0F, -2.0F, 1.0F, kNaN};
  for (const char* name : {"a.wav", "a.flac"}) {
    WriteAll(Path(name), loud, 16000, 2);
    EXPECT_THAT(ReadAll(Path(name)), ElementsAre(32767.0F / 32768, -1.0F, 32767.0F / 32768, 0.0F));
  }
}

TEST_F(SoundFileTest, MixesDownByTheMeanAndDropsWhatIsNotFinite) {
  const std::vector<float> stereo = {1.0F, 0.0F, 0.5F, -0.5F, kNaN, 0.5F, kInf, -kInf, 3e38F, 3e38F};
  Put(Path("f.wav"), Wav<float>(stereo, 44100, 2));
  EXPECT_THAT(ReadAll(Path("f.wav")), ElementsAre(0.5F, 0.0F, 0.25F, 0.0F, 3e38F));
}

TEST_F(SoundFileTest, ReadsUnfinishedHeaders) {
  const std::vector<int16_t> values(5000, 1 << 14);
  for (const uint32_t length : {0U, 0xFFFFFFFFU, 0x7FFFFFFFU}) {
    Put(Path("u.wav"), WavHeader<int16_t>(length, 16000, 1) + WavData<int16_t>(values));
    EXPECT_EQ(ReadAll(Path("u.wav")), std::vector<float>(5000, 0.5F)) << length;
  }
  std::string zeros = WavHeader<int16_t>(0, 16000, 1) + WavData<int16_t>(values);
  zeros.replace(4, 4, std::string(4, '\0'));
  Put(Path("u.wav"), zeros);
  EXPECT_EQ(ReadAll(Path("u.wav")), std::vector<float>(5000, 0.5F));
}

TEST_F(SoundFileTest, AnEmptySoundIsEmpty) {
  Put(Path("a.wav"), Wav<int16_t>({}, 16000, 1));
  EXPECT_EQ(ReadAll(Path("a.wav")).size(), 0U);
  // What follows the data of length 0 is inside the RIFF chunk, so it is not sound.
  std::string list = Wav<int16_t>({}, 16000, 1) + "LIST" + Raw(uint32_t{4}) + "INFO";
  list[4] = static_cast<char>(list.size() - 8);
  Put(Path("a.wav"), list);
  EXPECT_EQ(ReadAll(Path("a.wav")).size(), 0U);
  WriteAll(Path("b.wav"), {}, 16000, 1);
  EXPECT_EQ(ReadAll(Path("b.wav")).size(), 0U);
  auto flac = SoundWriter::Create(Path("c.flac"), 16000, 1);
  ASSERT_TRUE(flac.ok());
  EXPECT_THAT(flac.value()->Commit().message(), HasSubstr("c.flac: a FLAC file cannot be empty; write .wav"));
}

TEST_F(SoundFileTest, ErrorsNameFileAndCause) {
  EXPECT_THAT(Cause(Path("none.wav")), HasSubstr("none.wav: cannot be opened: No such file"));
  EXPECT_THAT(Cause(Path("")), HasSubstr("is a directory"));
  Put(Path("empty.wav"), "");
  EXPECT_THAT(Cause(Path("empty.wav")), HasSubstr("empty.wav: is empty"));
  Put(Path("text.wav"), "this is not sound at all, whatever its name says");
  EXPECT_THAT(Cause(Path("text.wav")), HasSubstr("text.wav: not a sound file"));
  const std::vector<int16_t> values(300);
  Put(Path("slow.wav"), Wav<int16_t>(values, 999, 1));
  EXPECT_THAT(Cause(Path("slow.wav")), HasSubstr("999 Hz"));
  Put(Path("fast.wav"), Wav<int16_t>(values, 768001, 1));
  EXPECT_THAT(Cause(Path("fast.wav")), HasSubstr("768001 Hz"));
  Put(Path("wide.wav"), Wav<int16_t>(values, 16000, 256));
  EXPECT_THAT(Cause(Path("wide.wav")), HasSubstr("256 channels"));
}

TEST_F(SoundFileTest, ARefusedFileClosesNoDescriptorOfAnotherThread) {
  Put(Path("broken.wav"), "nothing");
  std::atomic<bool> done = false;
  std::thread refused([&] {
    while (!done) EXPECT_FALSE(SoundReader::Open(Path("broken.wav")).ok());
  });
  int lost = 0;
  for (int i = 0; i < 3000; ++i) {
    const int fd = ::open(Path("broken.wav").c_str(), O_RDONLY | O_CLOEXEC);
    std::this_thread::yield();
    lost += ::close(fd) == 0 ? 0 : 1;
  }
  done = true;
  refused.join();
  EXPECT_EQ(lost, 0);
}

TEST_F(SoundFileTest, CutAndDamagedFilesAreSurvived) {
  const std::string flac = Content(QUAVER_SOURCE_DIR "/samples/en-vctk-p228.flac").substr(0, 30000);
  const std::vector<int16_t> values(2000, 77);
  const std::string wav = Wav<int16_t>(values, 16000, 1);
  std::vector<float> room(100000);
  for (size_t n = 0; n < 120; ++n) {
    std::string bad_flac = flac;
    bad_flac[n * 241 % flac.size()] ^= 0x55;
    Put(Path("a.flac"), bad_flac);
    std::string bad_wav = wav;
    bad_wav[n % 60] ^= static_cast<char>(1 << n % 8);
    Put(Path("a.wav"), n % 2 == 0 ? bad_wav : wav.substr(0, n));
    for (const char* name : {"a.flac", "a.wav"}) {
      auto reader = SoundReader::Open(Path(name));
      if (!reader.ok()) continue;
      const auto got = reader.value()->ReadMono(room);
      if (!got.ok()) {
        EXPECT_THAT(got.message(), HasSubstr(name));
      }
    }
  }
}

TEST_F(SoundFileTest, WriterRefusesWhatItCannotDo) {
  EXPECT_THAT(SoundWriter::Create(Path("a.mp3"), 16000, 1).message(), HasSubstr(".wav or .flac"));
  EXPECT_THAT(SoundWriter::Create(Path("a"), 16000, 1).message(), HasSubstr(".wav or .flac"));
  EXPECT_FALSE(SoundWriter::Create(Path("a.wav"), 0, 1).ok());
  EXPECT_FALSE(SoundWriter::Create(Path("a.wav"), 16000, 0).ok());
  EXPECT_THAT(SoundWriter::Create(Path("a.flac"), 16000, 9).message(),
              HasSubstr("a.flac: cannot be written with 9 channels: FLAC has at most 8; write .wav"));
  EXPECT_THAT(SoundWriter::Create(Path("no/a.wav"), 16000, 1).message(), HasSubstr("No such file"));
  EXPECT_THAT(Files(), IsEmpty());
}

// Also rates that the header of a frame cannot express.
TEST_F(SoundFileTest, FlacHasEveryRateThatIsRead) {
  if (FLAC__MAX_SAMPLE_RATE < kMaxSampleRate) GTEST_SKIP() << "libFLAC before 1.4";
  for (const int rate : {kMinSampleRate, 44100, 65537, 96001, 655351, kMaxSampleRate}) {
    WriteAll(Path("a.flac"), std::vector<float>(5000, 0.5F), rate, 1);
    const auto reader = SoundReader::Open(Path("a.flac"));
    ASSERT_TRUE(reader.ok()) << reader.message();
    EXPECT_EQ(reader.value()->sample_rate(), rate);
    EXPECT_EQ(ReadAll(Path("a.flac")), std::vector<float>(5000, 0.5F)) << rate;
  }
}

TEST_F(SoundFileTest, LeavesNothingWithoutCommit) {
  for (const char* name : {"a.wav", "a.flac"}) {
    auto writer = SoundWriter::Create(Path(name), 16000, 1);
    ASSERT_TRUE(writer.ok());
    EXPECT_TRUE(writer.value()->Write(std::vector<float>(1000, 0.1F)).ok());
  }
  EXPECT_THAT(Files(), IsEmpty());
  Put(Path("a.wav"), "mine");
  EXPECT_THAT(SoundWriter::Create(Path("a.wav"), 16000, 1, Existing::kRefuse).message(), HasSubstr("exists"));
  EXPECT_EQ(Content(Path("a.wav")), "mine");
}

}  // namespace
}  // namespace quaver
