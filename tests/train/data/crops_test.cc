#include "codec/train/data/crops.h"

#include <algorithm>
#include <cmath>

#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

using CropsTest = DataTest;

const Dataset& Data() {
  static const Dataset data = [] {
    auto loaded = LoadDataset(Samples(), At16k());
    EXPECT_TRUE(loaded.ok());
    return std::move(loaded).value();
  }();
  return data;
}

double LevelDb(std::span<const float> crop) {
  double sum = 0;
  for (const float x : crop) sum += static_cast<double>(x) * x;
  return 10 * std::log10(sum / static_cast<double>(crop.size()) + 1e-12);
}

TEST_F(CropsTest, HaveTheLevelsAskedForAndRepeatWithTheSeed) {
  for (const bool augmented : {false, true}) {
    CropOptions options{1, 8000, -30, -20, {}};
    if (augmented) options.augment = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    std::mt19937_64 random(1);
    std::mt19937_64 again(1);
    std::mt19937_64 other(2);
    std::vector<float> crop(8000);
    std::vector<float> repeated(8000);
    std::vector<float> another(8000);
    int inside = 0;
    for (int i = 0; i < 60; ++i) {
      const size_t clip = DrawCrop(Data(), options, random, crop);
      EXPECT_EQ(DrawCrop(Data(), options, again, repeated), clip);
      EXPECT_EQ(crop, repeated);
      DrawCrop(Data(), options, other, another);
      EXPECT_NE(crop, another);
      inside += LevelDb(crop) > -30.5 && LevelDb(crop) < -19.5;
      for (const float x : crop) ASSERT_LE(std::abs(x), 1.0F);
    }
    EXPECT_GE(inside, 54);  // a silent crop may stay below
  }
}

TEST_F(CropsTest, ComeFromWhereTheySayInProportionToLength) {
  std::vector<double> count(Data().clips.size());
  std::vector<float> crop(4000);
  std::mt19937_64 random(5);
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const size_t clip = DrawCrop(Data(), {1, 4000, -20, -20, {}}, random, crop);
    ASSERT_LT(clip, count.size());
    ++count[clip];
  }
  for (size_t i = 0; i < count.size(); ++i) {
    const double share = static_cast<double>(Data().clips[i].samples.size()) / 16000 / Data().seconds();
    EXPECT_NEAR(count[i] / kDraws, share, 0.25 * share) << Data().clips[i].path;
  }
}

TEST_F(CropsTest, ShortClipsAreFollowedByZeros) {
  for (const double chance : {0.0, 1.0}) {
    Dataset data;
    data.sample_rate = 16000;
    data.clips.push_back(Clip::Owning("short", "", std::vector<int16_t>(3000, 1000)));
    data.Index();
    CropOptions options{1, 8000, -20, -20, {}};
    options.augment.speed = chance;
    std::vector<float> crop(8000, 9.0F);
    std::mt19937_64 random(1);
    EXPECT_EQ(DrawCrop(data, options, random, crop), 0u);
    EXPECT_GT(crop[2000], 0.09F);
    for (size_t i = 3400; i < crop.size(); ++i) ASSERT_EQ(crop[i], 0.0F);
    EXPECT_NEAR(LevelDb(std::span(crop).first(2700)), -20, 0.5);
  }
}

TEST_F(CropsTest, AugmentationThatIsOffChangesNothing) {
  CropOptions plain{1, 6000, -40, -15, {}};
  std::mt19937_64 a(7);
  std::vector<float> crop(6000);
  std::vector<float> same(6000);
  DrawCrop(Data(), plain, a, crop);
  // The plain crop is the clip's samples times a constant: nothing but the level was done to them.
  std::mt19937_64 b(7);
  plain.augment = AugmentOptions{};
  DrawCrop(Data(), plain, b, same);
  EXPECT_EQ(crop, same);
  EXPECT_EQ(a(), b());
}

TEST_F(CropsTest, EachAugmentationIsDrawnAsOftenAsAsked) {
  // A crop that nothing was done to is a piece of the only clip, scaled.
  Dataset data;
  data.sample_rate = 16000;
  data.clips.push_back(Data().clips[0]);
  data.clips[0].samples = data.clips[0].samples.subspan(16000, 4000);
  data.Index();
  const auto speech = data.clips[0].samples;
  const auto changed = [&](const std::vector<float>& crop) {
    size_t peak = 0;
    for (size_t i = 1; i < speech.size(); ++i)
      if (std::abs(speech[i]) > std::abs(speech[peak])) peak = i;
    const double gain = crop[peak] / static_cast<double>(speech[peak]);
    double error = 0;
    for (size_t i = 0; i < crop.size(); ++i) error = std::max(error, std::abs(crop[i] - gain * speech[i]));
    return error > 1e-4;
  };
  double AugmentOptions::*const kinds[] = {&AugmentOptions::speed, &AugmentOptions::reverb,
                                           &AugmentOptions::mix,   &AugmentOptions::noise,
                                           &AugmentOptions::band,  &AugmentOptions::telephone};
  for (const auto kind : kinds) {
    CropOptions options{1, 4000, -30, -30, {}};
    options.augment.*kind = 0.5;
    std::mt19937_64 random(11);
    std::vector<float> crop(4000);
    int count = 0;
    for (int i = 0; i < 60; ++i) {
      DrawCrop(data, options, random, crop);
      count += changed(crop);
    }
    if (kind == &AugmentOptions::mix) {
      EXPECT_EQ(count, 0);  // the same crop again: only the level changes
    } else {
      EXPECT_GT(count, 15);
      EXPECT_LT(count, 45);
    }
  }
}

}  // namespace
}  // namespace quaver
