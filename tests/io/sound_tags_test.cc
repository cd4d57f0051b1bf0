// Tags of sound files, ours and those of others, also damaged ones.
#include "codec/io/sound_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "codec/io/sound_file.h"
#include "codec/io/wav_writer.h"
#include "tests/io/read_sound.h"
#include "tests/io/temp_folder.h"
#include "tests/io/wav_bytes.h"

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<SoundTag> kTags = {{"TITLE", "Größe, 大きさ = size"},
                                     {"ARTIST", "Ada"},
                                     {"ALBUM", "Letters"},
                                     {"DATE", "1843-07-10"},
                                     {"GENRE", "Speech"},
                                     {"TRACKNUMBER", "7"},
                                     {"COMMENT", "first line\nsecond line"},
                                     {"COPYRIGHT", "none"}};

using Tags = std::map<std::string, std::string>;

Tags Map(const std::vector<SoundTag>& tags) {
  Tags map;
  for (const SoundTag& tag : tags) map[tag.name] = tag.value;
  return map;
}

std::string Chunk(const std::string& id, const std::string& content) {
  return id + Raw(static_cast<uint32_t>(content.size())) + content + std::string(content.size() % 2, '\0');
}

class SoundTagsTest : public TempFolder {
 protected:
  Tags Of(const std::string& bytes) const {
    Put(Path("sound"), bytes);
    return OfFile(Path("sound"));
  }
  static Tags OfFile(const std::string& path) {
    const auto reader = SoundReader::Open(path);
    EXPECT_TRUE(reader.ok()) << reader.message();
    return reader.ok() ? Map(reader.value()->tags()) : Tags();
  }
  // A second of samples, with chunks before and behind them.
  std::string Wav(const std::string& before, const std::string& behind) const {
    const std::string header = WavHeader<int16_t>(32000, 16000, 1);
    const std::string data = WavData(std::span<const int16_t>(samples_));
    const auto riff = static_cast<uint32_t>(36 + data.size() + before.size() + behind.size());
    return "RIFF" + Raw(riff) + header.substr(8, 28) + before + header.substr(36) + data + behind;
  }
  // Through libsndfile, which holds strings of these types.
  std::string WriteLibrary(int format) const {
    SF_INFO info{0, 16000, 1, format, 0, 0};
    SNDFILE* file = sf_open(Path("made").c_str(), SFM_WRITE, &info);
    EXPECT_NE(file, nullptr);
    if (file == nullptr) return "";
    sf_set_string(file, SF_STR_TITLE, "Größe");
    sf_set_string(file, SF_STR_ARTIST, "Ada");
    sf_set_string(file, SF_STR_DATE, "1843");
    sf_write_short(file, samples_.data(), 16000);
    sf_close(file);
    return Content(Path("made"));
  }

  const std::vector<int16_t> samples_ = std::vector<int16_t>(16000, 1000);
};

TEST_F(SoundTagsTest, WrittenAndReadAgain) {
  for (const char* name : {"a.wav", "a.flac"}) {
    auto writer = SoundWriter::Create(Path(name), 16000, 1);
    ASSERT_TRUE(writer.ok());
    EXPECT_THAT(writer.value()->SetTags(kTags), IsEmpty());
    ASSERT_TRUE(writer.value()->Write(std::vector<float>(16000, 0.25F)).ok());
    ASSERT_TRUE(writer.value()->Commit().ok());
    EXPECT_EQ(OfFile(Path(name)), Map(kTags)) << name;
    const Heard heard = ReadSound(Path(name));
    EXPECT_EQ(heard.samples, std::vector<float>(16000, 0.25F));
    EXPECT_THAT(heard.damage, IsEmpty());

    SF_INFO info{};
    SNDFILE* file = sf_open(Path(name).c_str(), SFM_READ, &info);
    EXPECT_EQ(info.frames, 16000);
    EXPECT_STREQ(sf_get_string(file, SF_STR_TITLE), kTags[0].value.c_str());
    EXPECT_STREQ(sf_get_string(file, SF_STR_COMMENT), kTags[6].value.c_str());
    sf_close(file);
  }
}

TEST_F(SoundTagsTest, OfOneNameAreJoinedAndOthersAreRefused) {
  const std::vector<SoundTag> tags = {{"artist", "Ada"}, {"MOOD", "calm"}, {"Artist", "Bob"},
                                      {"mood", ""},      {"TITLE", ""},    {"LICENSE", "x"}};
  auto wav = SoundWriter::Create(Path("a.wav"), 16000, 1);
  ASSERT_TRUE(wav.ok());
  EXPECT_THAT(wav.value()->SetTags(tags), ElementsAre("MOOD", "LICENSE"));
  ASSERT_TRUE(wav.value()->Commit().ok());
  EXPECT_EQ(OfFile(Path("a.wav")), (Tags{{"ARTIST", "Ada; Bob"}}));
  auto flac = SoundWriter::Create(Path("a.flac"), 16000, 1);
  ASSERT_TRUE(flac.ok());
  EXPECT_THAT(flac.value()->SetTags(tags), ElementsAre("MOOD"));
  auto pipe = SoundWriter::Create("/dev/null", 16000, 1);
  ASSERT_TRUE(pipe.ok());
  EXPECT_THAT(pipe.value()->SetTags(tags), ElementsAre("MOOD", "ARTIST", "LICENSE"));
}

TEST_F(SoundTagsTest, OfARf64) {
  auto file = AtomicFile::Create(Path("a.wav"));
  ASSERT_TRUE(file.ok());
  auto writer = internal::WavWriter::Start(*file.value(), 16000, 1, 1000);
  ASSERT_TRUE(writer.ok());
  EXPECT_THAT(writer.value()->SetTags(kTags), IsEmpty());
  ASSERT_TRUE(writer.value()->Write(samples_).ok() && writer.value()->Finish().ok());
  ASSERT_TRUE(file.value()->Commit().ok());
  EXPECT_EQ(Content(Path("a.wav")).substr(0, 4), "RF64");
  EXPECT_EQ(OfFile(Path("a.wav")), Map(kTags));
  const Heard heard = ReadSound(Path("a.wav"));
  EXPECT_EQ(heard.samples.size(), samples_.size());
  EXPECT_THAT(heard.damage, IsEmpty());
}

TEST_F(SoundTagsTest, OfAWavAreFoundBeforeAndBehindItsSound) {
  const std::string list =
      Chunk("LIST", "INFO" + Chunk("ISFT", "tool") + Chunk("INAM", std::string("A\0\0", 3)) +
                        Chunk("IPRT", "3") + Chunk("ICMT", std::string(5000, 'x')));
  const Tags tags = {{"TITLE", "A"}, {"TRACKNUMBER", "3"}, {"COMMENT", std::string(5000, 'x')}};
  EXPECT_EQ(Of(Wav(list, "")), tags);
  EXPECT_EQ(Of(Wav("", list)), tags);
  EXPECT_EQ(Of(Wav(Chunk("JUNK", "odd"), Chunk("LIST", "adtlxxxx") + list)), tags);

  std::string unknown = Wav(list, "");  // as from a pipe
  unknown.replace(4, 4, "\xFF\xFF\xFF\xFF");
  unknown.replace(unknown.find("data") + 4, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(Of(unknown), tags);
}

TEST_F(SoundTagsTest, OfAPipeStandBeforeItsSound) {
  const std::string pipe = Path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string bytes = Wav(Chunk("LIST", "INFO" + Chunk("INAM", "A")), "");
  std::thread writer([&] { Put(pipe, bytes); });
  {
    const auto reader = SoundReader::Open(pipe);
    ASSERT_TRUE(reader.ok()) << reader.message();
    EXPECT_EQ(Map(reader.value()->tags()), (Tags{{"TITLE", "A"}}));
    std::vector<float> all(16001);
    size_t count = 0;
    for (size_t got = 1; got > 0; count += got) got = reader.value()->ReadMono(all).value();
    EXPECT_EQ(count, 16000u);
  }
  writer.join();
}

// Lengths that lie cost tags, never sound.
TEST_F(SoundTagsTest, DamagedOnesCostNoSound) {
  const std::string fields = Chunk("INAM", "A") + Chunk("IART", "B");
  const std::string list = Chunk("LIST", "INFO" + fields);
  for (const uint32_t length : {0U, 1U, 3U, 1000U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    std::string damaged = list;
    damaged.replace(16, 4, Raw(length));  // of INAM
    for (const auto& bytes : {Wav(damaged, ""), Wav("", damaged)}) {
      const Tags tags = Of(bytes);
      EXPECT_LE(tags.size(), 2u);
      for (const auto& [name, value] : tags) EXPECT_LE(value.size(), fields.size());
      EXPECT_EQ(ReadSound(Path("sound")).samples.size(), samples_.size()) << length;
    }
  }
  EXPECT_EQ(Of(Wav("", list.substr(0, list.size() - 5))), (Tags{{"TITLE", "A"}}));
  EXPECT_EQ(Of(Wav("", Chunk("LIST", "INF") + Chunk("LIST", "") + list)),
            (Tags{{"TITLE", "A"}, {"ARTIST", "B"}}));
}

TEST_F(SoundTagsTest, OfOtherFormats) {
  const Tags tags = {{"TITLE", "Größe"}, {"ARTIST", "Ada"}, {"DATE", "1843"}};
  for (const int format : {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_OGG | SF_FORMAT_VORBIS,
                           SF_FORMAT_OGG | SF_FORMAT_OPUS}) {
    const std::string bytes = WriteLibrary(format);
    EXPECT_EQ(Of(bytes), tags) << std::hex << format;
  }
}

std::string Id3Frame(const std::string& id, const std::string& content) {
  const auto length = static_cast<uint32_t>(content.size());
  std::string bytes = id;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift);
  return bytes + std::string(2, '\0') + content;
}

std::string Id3(const std::string& frames) {
  std::string bytes("ID3\3\0\0", 6);
  for (int shift = 21; shift >= 0; shift -= 7) bytes += static_cast<char>(frames.size() >> shift & 0x7F);
  return bytes + frames;
}

TEST_F(SoundTagsTest, OfMpegAudio) {
  const std::string sound = WriteLibrary(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
  const size_t frame = sound.starts_with("ID3") ? sound.find("\xFF\xF3") : 0;
  const std::string bare =
      sound.substr(frame, sound.rfind("TAG") < sound.size() ? sound.rfind("TAG") - frame : std::string::npos);
  EXPECT_EQ(Of(bare), Tags());
  const std::string frames = Id3Frame("TIT2", std::string("\0Gr\xF6\xDF"
                                                          "e",
                                                          6)) +
                             Id3Frame("TPE1", std::string("\1\xFF\xFE"
                                                          "A\0d\0a\0",
                                                          9)) +
                             Id3Frame("TYER", std::string("\0"
                                                          "1843",
                                                          5)) +
                             Id3Frame("TRCK", std::string("\0"
                                                          "7",
                                                          2)) +
                             Id3Frame("COMM", std::string("\0eng\0a comment", 14)) + Id3Frame("APIC", "xx");
  EXPECT_EQ(Of(Id3(frames) + bare), (Tags{{"TITLE", "Größe"},
                                          {"ARTIST", "Ada"},
                                          {"DATE", "1843"},
                                          {"TRACKNUMBER", "7"},
                                          {"COMMENT", "a comment"}}));
  const size_t whole = ReadSound(Path("sound")).samples.size();
  EXPECT_GT(whole, 15000u);
  std::string old = "TAGOld title";
  old.resize(33, ' ');
  old += "Old artist";
  old.resize(128, '\0');
  EXPECT_EQ(Of(bare + old), (Tags{{"TITLE", "Old title"}, {"ARTIST", "Old artist"}}));

  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {  // sound behind a damaged tag is read
    std::string damaged = frames;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    Of(Id3(damaged) + bare);
    EXPECT_EQ(ReadSound(Path("sound")).samples.size(), whole);
  }
}

}  // namespace
}  // namespace quaver
