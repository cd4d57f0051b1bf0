// Compressed sound that is chained, cut off or damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ogg/ogg.h>
#include <sndfile.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "tests/io/read_sound.h"
#include "tests/io/temp_folder.h"

namespace quaver {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kOpus = SF_FORMAT_OGG | SF_FORMAT_OPUS;
constexpr int kVorbis = SF_FORMAT_OGG | SF_FORMAT_VORBIS;
constexpr int kMp3 = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;

class SoundLossTest : public TempFolder {
 protected:
  // Speech in that format; nothing if libsndfile cannot write it.
  std::string Write(int format, int rate = 16000, int channels = 1) const {
    if (speech_.empty()) speech_ = ReadSound(QUAVER_SOURCE_DIR "/samples/en-vctk-p228.flac").samples;
    SF_INFO info{};
    info.samplerate = rate;
    info.channels = channels;
    info.format = format;
    SNDFILE* file = sf_open(Path("made").c_str(), SFM_WRITE, &info);
    if (file == nullptr) return "";
    std::vector<float> wide;
    for (const float x : speech_) wide.insert(wide.end(), static_cast<size_t>(channels), x);
    sf_writef_float(file, wide.data(), static_cast<sf_count_t>(speech_.size()));
    sf_close(file);
    return Content(Path("made"));
  }
  Heard Read(const std::string& bytes) const {
    Put(Path("sound"), bytes);
    return ReadSound(Path("sound"));
  }
  mutable std::vector<float> speech_;
};

TEST_F(SoundLossTest, EveryLinkOfAChainIsRead) {
  for (const int format : {kOpus, kVorbis}) {
    const std::string one = Write(format);
    const std::vector<float> first = Read(one).samples;
    ASSERT_EQ(first.size(), speech_.size());
    const Heard chain = Read(one + one + one);
    EXPECT_THAT(chain.damage, IsEmpty());
    ASSERT_EQ(chain.samples.size(), 3 * first.size());
    for (size_t i = 0; i < chain.samples.size(); ++i)
      ASSERT_EQ(chain.samples[i], first[i % first.size()]) << i;
    const Heard pipe = ReadPiped(one + one, Path("pipe"));
    EXPECT_EQ(pipe.samples.size(), 2 * first.size());
  }
}

// Adds to the position of the page that begins at byte `at`.
void Advance(std::string& bytes, size_t at, int64_t by) {
  auto* head = reinterpret_cast<unsigned char*>(bytes.data() + at);
  ogg_page page{head, 27 + head[26], head + 27 + head[26], 0};
  for (int i = 0; i < head[26]; ++i) page.body_len += head[27 + i];
  const ogg_int64_t position = ogg_page_granulepos(&page) + by;
  for (int i = 0; i < 8; ++i) head[6 + i] = static_cast<unsigned char>(position >> 8 * i);
  ogg_page_checksum_set(&page);
}

// Behind such a place libsndfile may take what lies in the heap for sound.
TEST_F(SoundLossTest, WherePositionsGoBackALinkEnds) {
  const std::string one = Write(kOpus);
  const std::vector<float> whole = Read(one).samples;
  const size_t last = one.rfind("OggS");
  std::string forged = one;
  Advance(forged, one.rfind("OggS", last - 1), (int64_t{1} << 40) - (int64_t{1} << 22));
  const Heard heard = Read(forged + one);
  EXPECT_EQ(heard.error, "");
  EXPECT_THAT(heard.damage, Contains(HasSubstr("is damaged at byte " + std::to_string(last))));
  ASSERT_GT(heard.samples.size(), whole.size() * 3 / 2);
  ASSERT_LT(heard.samples.size(), whole.size() * 2);
  EXPECT_TRUE(std::equal(whole.rbegin(), whole.rend(), heard.samples.rbegin()));  // the second link
  EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + 1000, heard.samples.begin()));
}

TEST_F(SoundLossTest, LinksOfAnotherRateAndWidthAreConverted) {
  const std::string narrow = Write(kVorbis);
  const std::string wide = Write(kVorbis, 8000, 2);  // the same samples, played at half the speed
  const size_t n = speech_.size();
  const Heard chain = Read(narrow + wide + Write(kOpus, 48000));
  EXPECT_EQ(chain.rate, 16000);
  EXPECT_THAT(chain.damage, IsEmpty());
  EXPECT_NEAR(static_cast<double>(chain.samples.size()), static_cast<double>(n + 2 * n + n / 3), 2);
  double energy = 0;
  double middle = 0;
  for (size_t i = 0; i < 3 * n; ++i) (i < n ? energy : middle) += std::pow(chain.samples[i], 2);
  EXPECT_NEAR(middle / (2 * energy), 1, 0.2);
}

TEST_F(SoundLossTest, ACutFileGivesWhatIsThere) {
  for (const int format : {kOpus, kVorbis, kMp3, SF_FORMAT_FLAC | SF_FORMAT_PCM_16}) {
    const std::string whole = Write(format);
    if (whole.empty()) continue;
    const Heard all = Read(whole);
    EXPECT_THAT(all.damage, IsEmpty());
    for (const int percent : {50, 70, 98}) {
      const Heard cut = Read(whole.substr(0, whole.size() * static_cast<size_t>(percent) / 100));
      EXPECT_EQ(cut.error, "");
      EXPECT_THAT(cut.damage, Not(IsEmpty())) << format << " " << percent;
      EXPECT_THAT(cut.damage[0], HasSubstr(" at 0:0"));
      EXPECT_LT(cut.samples.size(), all.samples.size());
      // A page of Ogg holds up to a second of speech, which is lost with its end.
      EXPECT_GT(cut.samples.size() + 20000, all.samples.size() * static_cast<size_t>(percent) / 100);
      const size_t same = cut.samples.size() < 2000 ? 0 : cut.samples.size() - 2000;
      EXPECT_TRUE(
          std::equal(cut.samples.begin(), cut.samples.begin() + static_cast<long>(same), all.samples.begin()))
          << format << " " << percent;
    }
  }
}

TEST_F(SoundLossTest, ADamagedPlaceIsTold) {
  for (const int format : {kOpus, kVorbis, kMp3, SF_FORMAT_FLAC | SF_FORMAT_PCM_16}) {
    std::string bytes = Write(format);
    if (bytes.empty()) continue;
    bytes.replace(bytes.size() / 2, 300, 300, '\0');
    const Heard heard = Read(bytes);
    EXPECT_EQ(heard.error, "");
    EXPECT_THAT(heard.damage, Not(IsEmpty())) << format;
    EXPECT_GT(heard.samples.size(), speech_.size() / 3) << format;
  }
}

TEST_F(SoundLossTest, Mp3IsReadWithoutAWordOfTheLibrary) {
  const std::string mp3 = Write(kMp3);
  if (mp3.empty()) GTEST_SKIP() << "libsndfile writes no MP3 here";
  testing::internal::CaptureStderr();
  const std::string tag = "TAG" + std::string(125, ' ');
  const Heard tagged = Read(mp3 + tag);
  const Heard cut = Read(mp3.substr(0, mp3.size() / 2));
  const Heard twice = Read(mp3 + mp3);
  std::string noise = mp3;
  noise.insert(mp3.size() / 2, std::string(3000, 'x'));
  const Heard hurt = Read(noise);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(tagged.damage, IsEmpty());
  EXPECT_EQ(tagged.samples.size(), speech_.size());
  EXPECT_THAT(cut.damage, ElementsAre(HasSubstr("cut off")));
  EXPECT_GE(twice.samples.size(), 2 * speech_.size());
  EXPECT_THAT(hurt.damage, Not(IsEmpty()));
  EXPECT_GT(hurt.samples.size(), speech_.size() * 9 / 10);
}

TEST_F(SoundLossTest, CopiesOfPipesFollowTmpdir) {
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before == nullptr ? "" : before;
  const std::string ogg = Write(kVorbis);
  ::setenv("TMPDIR", Path("none").c_str(), 1);
  EXPECT_THAT(ReadPiped(ogg, Path("pipe")).error,
              HasSubstr("none: no temporary file can be made there: No such file"));
  ::setenv("TMPDIR", Path("").c_str(), 1);
  EXPECT_EQ(ReadPiped(ogg, Path("pipe")).samples.size(), speech_.size());
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", saved.c_str(), 1);
  EXPECT_THAT(Files(), testing::UnorderedElementsAre("made"));
}

}  // namespace
}  // namespace quaver
