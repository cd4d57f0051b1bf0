// Headers whose lengths are not true: all that is there is read, and nothing is missing in silence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "codec/io/sound_header.h"
#include "tests/io/read_sound.h"
#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr size_t kFrames = 30000;

struct Kind {
  const char* name;
  int format;
  const char* field;  // what stands before the length
  size_t behind;      // bytes from there to the length
  size_t bytes;       // of the length
  bool big_endian;
  uint64_t more;  // what the length counts beside the samples
};

constexpr std::array<Kind, 5> kKinds = {{
    {"wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, "data", 4, 4, false, 0},
    {"rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, "ds64", 16, 8, false, 0},
    {"w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16, "data", 16, 8, false, 24},
    {"aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, "SSND", 4, 4, true, 8},
    {"au", SF_FORMAT_AU | SF_FORMAT_PCM_16, ".snd", 8, 4, true, 0},
}};

class SoundLengthTest : public TempFolder {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    std::mt19937 random(7);
    for (size_t i = 0; i < kFrames; ++i) values_.push_back(static_cast<int16_t>(random()));
    for (const int16_t x : values_) sound_.push_back(static_cast<float>(x) / 32768);
  }
  std::string Write(int format) const {
    SF_INFO info{};
    info.samplerate = 16000;
    info.channels = 1;
    info.format = format;
    SNDFILE* file = sf_open(Path("made").c_str(), SFM_WRITE, &info);
    EXPECT_NE(file, nullptr) << sf_strerror(nullptr);
    const auto count = static_cast<sf_count_t>(sound_.size());
    const int encoding = format & SF_FORMAT_SUBMASK;
    const bool is_float = encoding == SF_FORMAT_FLOAT || encoding == SF_FORMAT_DOUBLE;
    EXPECT_EQ(
        is_float ? sf_write_float(file, sound_.data(), count) : sf_write_short(file, values_.data(), count),
        count);
    sf_close(file);
    return Content(Path("made"));
  }
  static std::string WithLength(std::string bytes, const Kind& kind, uint64_t length) {
    const size_t at = bytes.find(kind.field) + kind.behind;
    for (size_t i = 0; i < kind.bytes; ++i) {
      bytes[at + i] = static_cast<char>(length >> 8 * (kind.big_endian ? kind.bytes - 1 - i : i));
    }
    return bytes;
  }
  Heard FromFile(const std::string& bytes) const {
    Put(Path("sound"), bytes);
    return ReadSound(Path("sound"));
  }
  std::vector<Heard> BothWays(const std::string& bytes) const {
    return {FromFile(bytes), ReadPiped(bytes, Path("pipe"))};
  }

  std::vector<int16_t> values_;
  std::vector<float> sound_;
};

TEST_F(SoundLengthTest, WhatIsThereIsReadWhateverTheHeaderSays) {
  for (const Kind& kind : kKinds) {
    const std::string good = Write(kind.format);
    const uint64_t length = 2 * kFrames + kind.more;
    for (const uint64_t claimed :
         {uint64_t{0}, uint64_t{0x7FFFF000}, uint64_t{0x7FFFFFFF}, uint64_t{0x80000000}, uint64_t{0xFFFFFFFF},
          UINT64_MAX, length, length - 20000, length + 20000}) {
      if (kind.bytes == 8 && claimed > length && claimed <= 0xFFFFFFFF) continue;  // no 32 bits to be full
      for (const Heard& heard : BothWays(WithLength(good, kind, claimed))) {
        EXPECT_EQ(heard.error, "") << kind.name << " " << claimed;
        EXPECT_TRUE(heard.samples == sound_) << kind.name << " " << claimed << " " << heard.samples.size();
        // No length at all is a customary value, unless the outermost chunk contradicts it.
        const bool lied = claimed == length - 20000 || claimed == length + 20000 ||
                          (claimed == 0 && kind.name != std::string("au"));
        EXPECT_THAT(heard.damage, SizeIs(lied ? 1 : 0)) << kind.name << " " << claimed;
        if (!heard.damage.empty()) {
          EXPECT_THAT(heard.damage[0],
                      HasSubstr(claimed < length ? "longer than its header says" : "cut off at 0:01.875"));
        }
      }
    }
  }
}

TEST_F(SoundLengthTest, ACutFileIsReadUpToTheCutAndTold) {
  for (const Kind& kind : kKinds) {
    const std::string good = Write(kind.format);
    for (const size_t cut : {size_t{1}, size_t{2}, size_t{1000}, size_t{30001}}) {
      for (const Heard& heard : BothWays(good.substr(0, good.size() - cut))) {
        const size_t there = kFrames - (cut + 1) / 2;
        EXPECT_EQ(heard.error, "") << kind.name;
        EXPECT_TRUE(heard.samples ==
                    std::vector<float>(sound_.begin(), sound_.begin() + static_cast<long>(there)))
            << kind.name << " " << cut << " " << heard.samples.size();
        if (cut > 1) {
          EXPECT_THAT(heard.damage, ElementsAre(HasSubstr("cut off at 0:"))) << kind.name << " " << cut;
        }
      }
    }
  }
}

TEST_F(SoundLengthTest, ChunksBehindTheSamplesAreNoSound) {
  for (const Kind& kind : kKinds) {
    if (std::strcmp(kind.name, "au") == 0 || std::strcmp(kind.name, "w64") == 0) continue;
    const std::string good = Write(kind.format);
    const std::string length = kind.big_endian ? std::string("\0\0\0\6", 4) : std::string("\6\0\0\0", 4);
    const std::string chunk = (kind.big_endian ? "ANNO" : "LIST") + length + "abcdef";
    for (const Heard& heard : BothWays(good + chunk + chunk)) {
      EXPECT_TRUE(heard.samples == sound_) << kind.name << " " << heard.samples.size();
      EXPECT_THAT(heard.damage, IsEmpty()) << kind.name;
    }
    for (const Heard& heard : BothWays(good + chunk + good)) {
      EXPECT_GE(heard.samples.size(), sound_.size());
      EXPECT_THAT(heard.damage, SizeIs(1)) << kind.name;
    }
    for (const Heard& heard : BothWays(good + good)) {
      EXPECT_EQ(heard.samples.size(), sound_.size());
      EXPECT_THAT(heard.damage, ElementsAre(HasSubstr("another sound file follows in it at 0:01.875")))
          << kind.name;
    }
  }
}

// Any lengths at all in the header: never fewer samples than there are without a word.
TEST_F(SoundLengthTest, NothingIsMissingInSilence) {
  std::mt19937 random(11);
  for (const Kind& kind : kKinds) {
    const std::string good = Write(kind.format);
    const size_t samples_at = good.size() - 2 * kFrames;
    for (int n = 0; n < 150; ++n) {
      std::string bad = good;
      // Of an AU the first length is where the samples begin, which nobody can check.
      const size_t outer = kind.name == std::string("w64") ? 16 : kind.name == std::string("au") ? 8 : 4;
      const size_t inner = good.find(kind.field) + kind.behind;
      bad[(n % 2 == 0 ? outer : inner) + random() % 4] = static_cast<char>(random());
      if (n % 3 == 0) bad[inner + random() % 4] ^= static_cast<char>(1 << random() % 8);
      if (n % 5 == 0) bad.resize(samples_at + random() % (2 * kFrames));
      const size_t there = (bad.size() - samples_at) / 2;
      for (const Heard& heard : BothWays(bad)) {
        if (!heard.error.empty()) continue;
        const bool all =
            heard.samples.size() >= there &&
            std::equal(sound_.begin(), sound_.begin() + static_cast<long>(there), heard.samples.begin());
        EXPECT_TRUE(all || !heard.damage.empty()) << kind.name << " " << n << " " << heard.samples.size();
      }
    }
  }
}

// Without writing 5 GiB: a header in front of zeros.
constexpr Kind kCaf = {"caf", SF_FORMAT_CAF | SF_FORMAT_PCM_16, "data", 4, 8, true, 4};

TEST_F(SoundLengthTest, OfACaf) {
  for (const int order : {SF_ENDIAN_BIG, SF_ENDIAN_LITTLE}) {
    const std::string good = Write(kCaf.format | order);
    const uint64_t length = 2 * kFrames + kCaf.more;
    for (const uint64_t claimed : {UINT64_MAX, uint64_t{0}, uint64_t{4}, length, length - 20000,
                                   length + 20000, uint64_t{0x7FFFFFFF}, uint64_t{INT64_MAX}}) {
      for (const Heard& heard : BothWays(WithLength(good, kCaf, claimed))) {
        EXPECT_EQ(heard.error, "") << claimed;
        EXPECT_TRUE(heard.samples == sound_) << claimed << " " << heard.samples.size();
        const bool unknown = claimed == 0 || claimed >= INT64_MAX;  // -1: up to the end of the file
        EXPECT_THAT(heard.damage, SizeIs(unknown || claimed == length ? 0 : 1)) << claimed;
      }
    }
    EXPECT_THAT(FromFile(good.substr(0, good.size() - 20000)).damage,
                ElementsAre(HasSubstr("cut off at 0:01.250")));
    const std::string chunk("free\0\0\0\0\0\0\0\3abc", 15);
    EXPECT_THAT(FromFile(good + chunk + chunk).damage, IsEmpty());
    EXPECT_TRUE(FromFile(good + chunk + chunk).samples == sound_);
    const Heard two = FromFile(good + good);
    EXPECT_TRUE(two.samples == sound_);
    EXPECT_THAT(two.damage, ElementsAre(HasSubstr("another sound file follows in it at 0:01.875")));
  }
}

TEST_F(SoundLengthTest, OfANistSphere) {
  for (const int order : {SF_ENDIAN_BIG, SF_ENDIAN_LITTLE}) {
    const std::string good = Write(SF_FORMAT_NIST | SF_FORMAT_PCM_16 | order);
    const std::string count = "sample_count -i ";
    const size_t at = good.find(count) + count.size();
    ASSERT_LT(at, good.size());
    for (const std::string claimed : {"30000", "20000", "40000", "0", "-1"}) {
      std::string bytes = good;
      bytes.replace(at, 5, (claimed + "\n     ").substr(0, 5));
      for (const Heard& heard : BothWays(bytes)) {
        EXPECT_TRUE(heard.samples == sound_) << claimed << " " << heard.samples.size() << heard.error;
        const bool lied = claimed == "20000" || claimed == "40000";
        EXPECT_THAT(heard.damage, SizeIs(lied ? 1 : 0)) << claimed;
      }
    }
    EXPECT_THAT(FromFile(good.substr(0, good.size() - 20001)).damage,
                ElementsAre(HasSubstr("cut off at 0:01.24")));
    const Heard two = FromFile(good + good);
    EXPECT_TRUE(two.samples == sound_);
    EXPECT_THAT(two.damage, ElementsAre(HasSubstr("another sound file follows")));
  }
}

TEST_F(SoundLengthTest, OfAVoc) {
  const auto block = [](char type, uint64_t length, const std::string& content) {
    return std::string{type, static_cast<char>(length), static_cast<char>(length >> 8),
                       static_cast<char>(length >> 16)} +
           content;
  };
  const std::string head = std::string("Creative Voice File\x1A\x1A\0\x14\1\x1F\x11", 26);
  const std::string format("\x80\x3E\0\0\x10\1\4\0\0\0\0\0", 12);  // 16000 Hz, 16 bits, 1 channel
  const std::string data(reinterpret_cast<const char*>(values_.data()), 2 * kFrames);
  const std::string end(1, '\0');
  const std::string text = block(5, 3, "abc");
  const uint64_t length = format.size() + data.size();
  for (const uint64_t claimed : {length, length - 20000, length + 20000, uint64_t{0}, uint64_t{0xFFFFFF}}) {
    for (const Heard& heard : BothWays(head + text + block(9, claimed, format + data) + end)) {
      EXPECT_TRUE(heard.samples == sound_) << claimed << " " << heard.samples.size() << heard.error;
      const bool lied = claimed == length - 20000 || claimed == length + 20000;
      EXPECT_THAT(heard.damage, SizeIs(lied ? 1 : 0)) << claimed;
    }
  }
  const std::string good = head + block(9, length, format + data) + end;
  EXPECT_THAT(FromFile(good.substr(0, good.size() - 20001)).damage,
              ElementsAre(HasSubstr("cut off at 0:01.250")));
  const Heard two = FromFile(good + good);
  EXPECT_TRUE(two.samples == sound_);
  EXPECT_THAT(two.damage, ElementsAre(HasSubstr("another sound file follows")));
  // A second block: all of it is there, and the header between them is told.
  const Heard blocks = FromFile(head + block(9, length, format + data) + block(2, data.size(), data) + end);
  EXPECT_EQ(blocks.samples.size(), 2 * kFrames + 2);
  EXPECT_THAT(blocks.damage, ElementsAre(HasSubstr("longer than its header says")));
}

TEST_F(SoundLengthTest, ALengthThatDidNotFitInto32BitsIsFound) {
  constexpr uint64_t kGiB = uint64_t{1} << 30;
  for (const uint64_t behind : {0, 26}) {
    const uint64_t length = 5 * kGiB + 12344;
    const uint64_t size = 44 + length + behind;
    const std::string header =
        WithLength(Write(kKinds[0].format), kKinds[0], length % (4 * kGiB)).substr(0, 44);
    const std::string chunk = std::string("LIST\x12\0\0\0", 8) + "INFOISFT\6\0\0\0Lavf\0\0";
    const internal::BytesAt bytes = [&](uint64_t at, std::span<uint8_t> out) {
      size_t done = 0;
      for (; done < out.size() && at + done < size; ++done) {
        const uint64_t i = at + done;
        out[done] = i < 44 ? static_cast<uint8_t>(header[i]) : 0;
        if (i >= 44 + length) out[done] = static_cast<uint8_t>(chunk[i - 44 - length]);
      }
      return done;
    };
    const auto data = internal::FindSampleData(bytes);
    ASSERT_TRUE(data);
    const auto end = internal::FindSampleEnd(*data, size, bytes);
    EXPECT_EQ(end.end, 44 + length);
    EXPECT_TRUE(end.wrapped);
    EXPECT_EQ(end.missing, 0U);
    const auto more = internal::FindSampleEnd(*data, 44 + length + 7 * kGiB / 2, bytes);
    EXPECT_EQ(more.end, 44 + length + 7 * kGiB / 2);
    EXPECT_FALSE(more.wrapped);
    EXPECT_GT(more.beyond, 4 * kGiB);
  }
}

// The samples read without a header are those that libsndfile gives with it.
TEST_F(SoundLengthTest, EveryEncodingIsReadFromAPipeAsFromAFile) {
  const std::array<int, 5> containers = {SF_FORMAT_WAV, SF_FORMAT_W64, SF_FORMAT_RF64, SF_FORMAT_AIFF,
                                         SF_FORMAT_AU};
  const std::array<int, 11> encodings = {SF_FORMAT_PCM_S8,    SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16,
                                         SF_FORMAT_PCM_24,    SF_FORMAT_PCM_32, SF_FORMAT_FLOAT,
                                         SF_FORMAT_DOUBLE,    SF_FORMAT_ULAW,   SF_FORMAT_ALAW,
                                         SF_FORMAT_IMA_ADPCM, SF_FORMAT_GSM610};
  int tried = 0;
  for (const int container : containers) {
    for (const int encoding : encodings) {
      for (const int endian : {SF_ENDIAN_FILE, SF_ENDIAN_LITTLE, SF_ENDIAN_BIG}) {
        SF_INFO info{0, 16000, 1, container | encoding | endian, 0, 0};
        if (sf_format_check(&info) == 0) continue;
        ++tried;
        const std::string bytes = Write(info.format);
        const Heard file = FromFile(bytes);
        const Heard pipe = ReadPiped(bytes, Path("pipe"));
        EXPECT_EQ(file.error + pipe.error, "") << std::hex << info.format;
        // libsndfile itself cannot read all that it writes; that is not silent either.
        EXPECT_EQ(pipe.damage.empty(), pipe.samples.size() >= kFrames) << std::hex << info.format;
        EXPECT_EQ(file.damage.empty(), file.samples.size() >= kFrames) << std::hex << info.format;
        EXPECT_TRUE(file.samples == pipe.samples)
            << std::hex << info.format << std::dec << " " << pipe.samples.size();
      }
    }
  }
  EXPECT_GT(tried, 40);
}

// arecord -f S24_LE: libsndfile finds out what the header means by looking at the samples.
TEST_F(SoundLengthTest, TwentyFourBitsInThirtyTwoAreReadFromAPipeAsFromAFile) {
  std::string bytes = Write(SF_FORMAT_WAV | SF_FORMAT_PCM_32);
  bytes.resize(44);
  bytes[34] = 24;
  for (const int16_t x : values_) {
    const int32_t wide = x * 128;
    for (int byte = 0; byte < 4; ++byte) bytes += static_cast<char>(wide >> 8 * byte);
  }
  const auto both = BothWays(bytes);
  EXPECT_EQ(both[0].samples.size(), kFrames);
  EXPECT_TRUE(both[0].samples == both[1].samples);
  EXPECT_THAT(both[1].damage, IsEmpty());
}

}  // namespace
}  // namespace quaver
