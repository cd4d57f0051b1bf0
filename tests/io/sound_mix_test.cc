// Several channels to one, and levels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/io/read_sound.h"
#include "tests/io/temp_folder.h"
#include "tests/io/wav_bytes.h"

namespace quaver {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::IsEmpty;

class SoundMixTest : public TempFolder {
 protected:
  void SetUp() override { speech_ = ReadSound(QUAVER_SOURCE_DIR "/samples/en-vctk-p228.flac").samples; }
  // Speech in each channel, by that weight.
  Heard Mix(const std::vector<float>& gains, int channel = 0) const {
    std::vector<float> wide;
    for (const float x : speech_) {
      for (const float gain : gains) wide.push_back(gain * x);
    }
    Put(Path("wide.wav"), Wav<float>(wide, 16000, static_cast<int>(gains.size())));
    return ReadSound(Path("wide.wav"), channel);
  }
  void ExpectGain(const Heard& heard, float gain) const {
    ASSERT_EQ(heard.samples.size(), speech_.size()) << heard.error;
    for (size_t i = 0; i < speech_.size(); ++i) ASSERT_NEAR(heard.samples[i], gain * speech_[i], 1e-5) << i;
  }
  std::vector<float> speech_;
};

TEST_F(SoundMixTest, SurroundKeepsTheVoiceInTheCentre) {
  ExpectGain(Mix({0, 0, 1, 0, 0, 0}), 1);
  ExpectGain(Mix({1, 0, 0, 0, 0, 0}), 0.70711F);
  ExpectGain(Mix({0, 0, 0, 1, 0, 0}), 0);  // low frequencies
  ExpectGain(Mix({0, 0, 0, 0, 1, 0}), 0.5F);
  ExpectGain(Mix({0, 0, 1, 0, 0, 0, 0, 0}), 1);
  ExpectGain(Mix({1, 0}), 0.5F);
  ExpectGain(Mix({1, 0, 0}), 1.0F / 3);
  EXPECT_THAT(Mix({0, 0, 1, 0, 0, 0}).damage, IsEmpty());
}

TEST_F(SoundMixTest, OppositePhasesAreTold) {
  EXPECT_THAT(Mix({1, -1}).damage, ElementsAre(HasSubstr("its channels cancel each other")));
  EXPECT_THAT(Mix({1, -0.8F}).damage, ElementsAre(HasSubstr("14 dB quieter")));
  EXPECT_THAT(Mix({1, -0.5F}).damage, IsEmpty());
  EXPECT_THAT(Mix({1, 0}).damage, IsEmpty());
  EXPECT_THAT(Mix({0, 0}).damage, IsEmpty());
}

TEST_F(SoundMixTest, OneChannelCanBeChosen) {
  ExpectGain(Mix({1, -1}, 2), -1);
  ExpectGain(Mix({0.25F, 1, 0}, 1), 0.25F);
  EXPECT_THAT(Mix({1, -1}, 2).damage, IsEmpty());
  auto reader = SoundReader::Open(Path("wide.wav"));
  EXPECT_THAT(reader.value()->ChooseChannel(3).message(), HasSubstr("wide.wav: has no channel 3, only 2"));
  EXPECT_FALSE(reader.value()->ChooseChannel(0).ok());
}

TEST_F(SoundMixTest, SamplesThatAreNoNumbersAreTold) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_THAT(Mix({std::nanf("")}).damage, ElementsAre(HasSubstr("of its samples are not finite numbers")));
  EXPECT_THAT(Mix({1, -kInf}).damage, Contains(HasSubstr("the first of them sample 0")));
  EXPECT_THAT(Mix({1, kInf}, 1).damage, IsEmpty()) << "the other channel is not read";
}

TEST_F(SoundMixTest, SamplesOfAnotherScaleAreTold) {
  EXPECT_THAT(Mix({32768}).damage, ElementsAre(HasSubstr("where full scale is 1")));
  EXPECT_THAT(Mix({1}).damage, IsEmpty());
}

}  // namespace
}  // namespace quaver
