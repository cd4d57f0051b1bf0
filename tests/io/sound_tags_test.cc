// Tags of sound files, ours and those of others, also damaged ones.
#include "codec/io/sound_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ogg/ogg.h>
#include <sndfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
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

std::string BigEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// Tags without frames, unless they are given.
std::string Id3(const std::string& frames) {
  std::string bytes("ID3\3\0\0", 6);
  for (int shift = 21; shift >= 0; shift -= 7) bytes += static_cast<char>(frames.size() >> shift & 0x7F);
  return bytes + frames;
}

// A list of Vorbis comments.
std::vector<uint8_t> Comments(const std::vector<std::string>& comments) {
  std::string list = Raw(uint32_t{6}) + "vendor" + Raw(static_cast<uint32_t>(comments.size()));
  for (const std::string& comment : comments) list += Raw(static_cast<uint32_t>(comment.size())) + comment;
  return {list.begin(), list.end()};
}

// An Ogg file of one stream with another second packet.
std::string WithSecondPacket(const std::string& file, const std::vector<uint8_t>& replacement) {
  ogg_sync_state sync{};
  ogg_sync_init(&sync);
  std::ranges::copy(file, ogg_sync_buffer(&sync, static_cast<long>(file.size())));
  ogg_sync_wrote(&sync, static_cast<long>(file.size()));
  ogg_stream_state in{};
  ogg_stream_state out{};
  ogg_page page{};
  ogg_packet packet{};
  const int headers = file.find("OpusHead") == std::string::npos ? 3 : 2;
  std::string made;
  const auto write = [&] {
    made.append(reinterpret_cast<const char*>(page.header), static_cast<size_t>(page.header_len));
    made.append(reinterpret_cast<const char*>(page.body), static_cast<size_t>(page.body_len));
  };
  for (int packets = 0; ogg_sync_pageout(&sync, &page) == 1;) {
    if (ogg_page_bos(&page) != 0) {
      ogg_stream_init(&in, ogg_page_serialno(&page));
      ogg_stream_init(&out, ogg_page_serialno(&page));
    }
    ogg_stream_pagein(&in, &page);
    while (ogg_stream_packetout(&in, &packet) == 1) {
      if (++packets == 2) {
        packet.packet = const_cast<unsigned char*>(replacement.data());
        packet.bytes = static_cast<long>(replacement.size());
      }
      ogg_stream_packetin(&out, &packet);
      if (packets > headers) continue;
      while (ogg_stream_flush(&out, &page) != 0) write();
    }
    while (ogg_stream_pageout(&out, &page) != 0) write();
  }
  while (ogg_stream_flush(&out, &page) != 0) write();
  ogg_stream_clear(&in);
  ogg_stream_clear(&out);
  ogg_sync_clear(&sync);
  return made;
}

class SoundTagsTest : public TempFolder {
 protected:
  // "NAME=value" of all, in the order of the file.
  static std::vector<std::string> ListOf(const std::string& path) {
    const auto reader = SoundReader::Open(path);
    EXPECT_TRUE(reader.ok()) << reader.message();
    std::vector<std::string> list;
    if (!reader.ok()) return list;
    for (const SoundTag& tag : reader.value()->tags()) list.push_back(tag.name + "=" + tag.value);
    return list;
  }
  // The same through a pipe, of which all is read.
  std::vector<std::string> ListOfPipe(const std::string& bytes) const {
    const std::string pipe = Path("fifo");
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { Put(pipe, bytes); });
    std::vector<std::string> list;
    {
      const auto reader = SoundReader::Open(pipe);
      EXPECT_TRUE(reader.ok()) << reader.message();
      std::vector<float> all(1 << 14);
      while (reader.ok() && reader.value()->ReadMono(all).value() > 0) {
      }
      if (reader.ok()) {
        for (const SoundTag& tag : reader.value()->tags()) list.push_back(tag.name + "=" + tag.value);
      }
    }
    writer.join();
    std::filesystem::remove(pipe);
    return list;
  }
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

TEST_F(SoundTagsTest, WavJoinsThoseOfOneNameAndRefusesOthers) {
  const std::vector<SoundTag> tags = {{"artist", "Ada"}, {"MOOD", "calm"}, {"Artist", "Bob"},
                                      {"mood", ""},      {"TITLE", ""},    {"LICENSE", "x"}};
  auto wav = SoundWriter::Create(Path("a.wav"), 16000, 1);
  ASSERT_TRUE(wav.ok());
  EXPECT_THAT(wav.value()->SetTags(tags), ElementsAre("MOOD", "LICENSE"));
  ASSERT_TRUE(wav.value()->Commit().ok());
  EXPECT_EQ(OfFile(Path("a.wav")), (Tags{{"ARTIST", "Ada; Bob"}}));
  auto flac = SoundWriter::Create(Path("a.flac"), 16000, 1);
  ASSERT_TRUE(flac.ok());
  EXPECT_THAT(flac.value()->SetTags(tags), IsEmpty());
  auto pipe = SoundWriter::Create("/dev/null", 16000, 1);
  ASSERT_TRUE(pipe.ok());
  EXPECT_THAT(pipe.value()->SetTags(tags), ElementsAre("MOOD", "ARTIST", "LICENSE"));
}

// All names, in their order, also several of one; and none that Vorbis comments do not allow.
TEST_F(SoundTagsTest, OfAFlacHaveAnyName) {
  auto writer = SoundWriter::Create(Path("a.flac"), 16000, 1);
  ASSERT_TRUE(writer.ok());
  EXPECT_THAT(writer.value()->SetTags(std::vector<SoundTag>{{"ARTIST", "Ada"},
                                                            {"Mood", "calm = er"},
                                                            {"Ä", "x"},
                                                            {"ARTIST", "Bob"},
                                                            {"A=B", "x"},
                                                            {"", "x"},
                                                            {"TITLE", "\xFF"},
                                                            {"COMMENT", std::string(70000, 'x')}}),
              ElementsAre("Ä", "A=B", "", "TITLE"));
  ASSERT_TRUE(writer.value()->Write(std::vector<float>(16000, 0.25F)).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  const std::vector<std::string> written = {"ARTIST=Ada", "MOOD=calm = er", "ARTIST=Bob",
                                            "COMMENT=" + std::string(70000, 'x')};
  EXPECT_EQ(ListOf(Path("a.flac")), written);
  EXPECT_EQ(ReadSound(Path("a.flac")).samples, std::vector<float>(16000, 0.25F));
  EXPECT_EQ(ListOfPipe(Content(Path("a.flac"))), written);
  Put(Path("id3.flac"), Id3(std::string(30, 0)) + Content(Path("a.flac")));  // as some taggers write it
  EXPECT_EQ(ListOf(Path("id3.flac")), written);
}

// A picture is longer than any other header.
TEST_F(SoundTagsTest, OfAFlacStandBehindItsPicture) {
  auto writer = SoundWriter::Create(Path("a.flac"), 16000, 1);
  ASSERT_TRUE(writer.ok());
  writer.value()->SetTags(std::vector<SoundTag>{{"MOOD", "calm"}});
  ASSERT_TRUE(writer.value()->Write(std::vector<float>(16000, 0.25F)).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  std::string flac = Content(Path("a.flac"));
  const std::string image(3 << 20, 'x');
  const std::string picture = BigEndian(3, 4) + BigEndian(9, 4) + "image/png" + std::string(20, '\0') +
                              BigEndian(image.size(), 4) + image;
  flac.insert(42, "\x06" + BigEndian(picture.size(), 3) + picture);  // behind fLaC and the first block
  EXPECT_EQ(Of(flac), (Tags{{"MOOD", "calm"}}));
  EXPECT_EQ(ReadSound(Path("sound")).samples.size(), 16000u);
  EXPECT_THAT(ListOfPipe(flac), ElementsAre("MOOD=calm"));
}

// libFLAC refuses most of those that are damaged.
TEST_F(SoundTagsTest, OfAFlacMayBeDamaged) {
  const std::vector<uint8_t> list = Comments({"MOOD=calm", "no name", "=x", "ARTIST=Ada", "ENCODER=x"});
  const std::string text(list.begin(), list.end());
  auto writer = SoundWriter::Create(Path("a.flac"), 16000, 1);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer.value()->Write(std::vector<float>(16000, 0.25F)).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  const std::string flac = Content(Path("a.flac"));
  const auto with = [&](const std::string& comments) {  // in another block, which libFLAC skips
    std::string bytes = flac;
    return bytes.insert(42, "\x04" + BigEndian(comments.size(), 3) + comments);
  };
  EXPECT_EQ(Of(with(text)), (Tags{{"MOOD", "calm"}, {"ARTIST", "Ada"}}));
  const auto reader = SoundReader::Open(Path("sound"));
  ASSERT_TRUE(reader.ok());
  EXPECT_THAT(reader.value()->notes(), ElementsAre("2 of its tags have no valid name and are left out"));
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = text.substr(0, random() % (text.size() + 1));
    for (int k = 0; k < 3 && !damaged.empty(); ++k)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    Put(Path("sound"), with(damaged));
    const auto read = SoundReader::Open(Path("sound"));
    if (!read.ok()) continue;
    for (const SoundTag& tag : read.value()->tags())
      EXPECT_LE(tag.name.size() + tag.value.size(), text.size());
  }
}

TEST_F(SoundTagsTest, OfAnOggHaveAnyName) {
  for (const auto& [format, magic] : {std::pair(SF_FORMAT_OGG | SF_FORMAT_VORBIS, "\x03vorbis"),
                                      std::pair(SF_FORMAT_OGG | SF_FORMAT_OPUS, "OpusTags")}) {
    std::vector<uint8_t> packet(magic, magic + std::strlen(magic));
    const auto list = Comments({"artist=Ada", "Mood=calm", "ARTIST=Bob", "ENCODER=x",
                                "COMMENT=" + std::string(200000, 'x'), "R128_TRACK_GAIN=-100"});
    packet.insert(packet.end(), list.begin(), list.end());
    packet.push_back(1);  // Vorbis ends the packet so
    Put(Path("sound"), WithSecondPacket(WriteLibrary(format), packet));
    EXPECT_THAT(ListOf(Path("sound")),
                ElementsAre("ARTIST=Ada", "MOOD=calm", "ARTIST=Bob", "COMMENT=" + std::string(200000, 'x')));
    EXPECT_THAT(ReadSound(Path("sound")).damage, IsEmpty()) << magic;
  }
}

TEST_F(SoundTagsTest, OfAWavMayBeMany) {
  std::string fields;
  for (int i = 0; i < 5000; ++i) fields += Chunk("IART", "Ada number " + std::to_string(10000 + i));
  const std::string list = Chunk("LIST", "INFO" + fields);
  for (const auto& bytes : {Wav(list, ""), Wav("", list)}) {
    Put(Path("sound"), bytes);
    const auto found = ListOf(Path("sound"));
    ASSERT_EQ(found.size(), 5000u);
    EXPECT_EQ(found.back(), "ARTIST=Ada number 14999");
    EXPECT_EQ(ReadSound(Path("sound")).samples.size(), samples_.size());
  }
  EXPECT_EQ(ListOfPipe(Wav(list, "")).size(), 5000u);
}

TEST_F(SoundTagsTest, WhatIsNotLookedAtIsTold) {
  std::string fields;
  for (int i = 0; i < 100001; ++i) fields += Chunk("INAM", "");
  Put(Path("sound"), Wav("", Chunk("LIST", "INFO" + fields)));
  const auto reader = SoundReader::Open(Path("sound"));
  ASSERT_TRUE(reader.ok());
  EXPECT_THAT(reader.value()->notes(),
              ElementsAre("has more than 100000 chunks of tags; the rest are left out"));
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

TEST_F(SoundTagsTest, OfMpegAudio) {
  const std::string sound = WriteLibrary(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
  const size_t frame = sound.starts_with("ID3") ? sound.find("\xFF\xF3") : 0;
  const std::string bare =
      sound.substr(frame, sound.rfind("TAG") < sound.size() ? sound.rfind("TAG") - frame : std::string::npos);
  EXPECT_EQ(Of(bare), Tags());
  const std::string frames =
      Id3Frame("TIT2", std::string("\0Gr\xF6\xDF"
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
      Id3Frame("TCOM", std::string("\0Clara", 6)) + Id3Frame("TXXX", std::string("\0Recorded in\0Bonn", 17)) +
      Id3Frame("TXXX", std::string("\0Take\0third", 11)) + Id3Frame("TXXX", std::string("\0no=name\0x", 10)) +
      Id3Frame("TXXX", std::string("\0encoder\0x", 10)) +
      Id3Frame("COMM", std::string("\0eng\0a comment", 14)) + Id3Frame("APIC", "xx");
  EXPECT_EQ(Of(Id3(frames) + bare), (Tags{{"TITLE", "Größe"},
                                          {"ARTIST", "Ada"},
                                          {"DATE", "1843"},
                                          {"TRACKNUMBER", "7"},
                                          {"COMPOSER", "Clara"},
                                          {"RECORDED IN", "Bonn"},
                                          {"TAKE", "third"},
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
