// What a model decodes comes to the level of the original, by the biases of its last layer alone.
#include "codec/train/fit_level.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/model/builtin.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

Dataset SpeechClips() {
  Dataset data;
  data.sample_rate = 16000;
  for (const char* name : {"en-vctk-p243.flac", "de-thorsten-03.flac", "fr-common-voice-3.flac"}) {
    std::vector<int16_t> pcm;
    for (const float sample : Speech(name, 32000))
      pcm.push_back(static_cast<int16_t>(std::lrint(32768 * sample)));
    data.clips.push_back(Clip::Owning(name, "", std::move(pcm)));
  }
  return data;
}

class FitLevelTest : public testing::Test {
 protected:
  void SetUp() override {
    if (BuiltInWeights().empty()) GTEST_SKIP() << "no built-in model";
    auto weights = ParseWeights(BuiltInWeights(), "built-in model", Verify::kTrusted);
    ASSERT_TRUE(weights.ok()) << weights.message();
    weights_ = std::move(weights).value();
  }

  double Fit() {
    const auto gain = FitLevel(weights_, data_, nullptr);
    EXPECT_TRUE(gain.ok()) << gain.message();
    return gain.ok() ? gain.value() : NAN;
  }

  Weights weights_;
  Dataset data_ = SpeechClips();
};

TEST_F(FitLevelTest, AFittedModelNeedsNoGain) {
  Fit();
  EXPECT_NEAR(Fit(), 0, 0.05);
}

TEST_F(FitLevelTest, TheGainMakesUpForWhatTheBiasesLack) {
  Fit();
  std::vector<float>& bias = weights_.tensors.at("decoder.istft.bias").values;
  const std::vector<float> fitted = bias;
  for (size_t bin = 0; bin < bias.size() / 2; ++bin) bias[bin] -= 0.25f;
  EXPECT_NEAR(Fit(), 0.25 * 20 / std::log(10.0), 0.05);
  for (size_t i = 0; i < bias.size(); ++i) EXPECT_NEAR(bias[i], fitted[i], 0.01f) << i;
}

TEST_F(FitLevelTest, OnlyBiasesOfMagnitudesChange) {
  const Weights before = weights_;
  Fit();
  const std::vector<float>& old = before.tensors.at("decoder.istft.bias").values;
  for (const auto& [name, tensor] : weights_.tensors) {
    const bool bias = name == "decoder.istft.bias";
    if (!bias) {
      EXPECT_EQ(tensor.values, before.tensors.at(name).values) << name;
    }
    for (size_t i = old.size() / 2; bias && i < old.size(); ++i) EXPECT_EQ(tensor.values[i], old[i]);
  }
}

TEST_F(FitLevelTest, TheGainIsBounded) {
  std::vector<float>& bias = weights_.tensors.at("decoder.istft.bias").values;
  for (size_t bin = 0; bin < bias.size() / 2; ++bin) bias[bin] -= 2;
  EXPECT_EQ(Fit(), kMostLevelDb);
}

TEST_F(FitLevelTest, SilenceTellsNothing) {
  data_.clips = {Clip::Owning("silence", "", std::vector<int16_t>(32000)), Clip::Owning("nothing", "", {})};
  EXPECT_EQ(Fit(), 0);
}

}  // namespace
}  // namespace quaver
