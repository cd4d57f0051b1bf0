#include "codec/train/log/spectrogram.h"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "codec/train/log/spectrogram_picture.h"

namespace quaver {
namespace {

std::vector<float> Sine(double hz, double level, int rate, double seconds) {
  std::vector<float> samples(static_cast<size_t>(rate * seconds));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] =
        static_cast<float>(level * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
  return samples;
}

size_t LoudestBand(const MelSpectrogram& s, size_t column) {
  const auto* const begin = s.db.data() + column * s.bands;
  return static_cast<size_t>(std::max_element(begin, begin + s.bands) - begin);
}

TEST(Spectrogram, ASineStandsInItsBandAtItsLevel) {
  for (const int rate : {8000, 16000, 48000}) {
    for (const double hz : {100.0, 440.0, 1000.0, 3500.0}) {
      const auto s = ComputeMelSpectrogram(Sine(hz, 1, rate, 1), rate);
      ASSERT_EQ(s.columns, 125u);
      const double expected = HzToMel(hz) / HzToMel(rate / 2.0) * static_cast<double>(s.bands + 1) - 1;
      EXPECT_NEAR(static_cast<double>(LoudestBand(s, 60)), expected, 1) << hz << " Hz at " << rate;
      EXPECT_LT(Loudest(s), 0.5);
      // Wide bands hold silence as well as the sine: their mean is below its peak.
      EXPECT_GT(Loudest(s), -12) << hz << " Hz at " << rate;
      const auto quiet = ComputeMelSpectrogram(Sine(hz, 0.1, rate, 1), rate);
      EXPECT_NEAR(Loudest(quiet), Loudest(s) - 20, 0.1);
    }
  }
}

TEST(Spectrogram, SilenceAndNothing) {
  const auto silence = ComputeMelSpectrogram(std::vector<float>(16000), 16000);
  EXPECT_LE(Loudest(silence), -119);
  const auto nothing = ComputeMelSpectrogram({}, 16000);
  EXPECT_EQ(nothing.columns, 0u);
  EXPECT_FALSE(EncodePng(DrawSpectrogram(nothing, 0, Axes::kNone)).ok());
  EXPECT_TRUE(EncodePng(DrawSpectrogram(nothing, 0, Axes::kLabelled)).ok());
}

TEST(Spectrogram, ThePictureShowsHighFrequenciesAboveAndComesBackFromPng) {
  const auto s = ComputeMelSpectrogram(Sine(3000, 0.5, 16000, 0.5), 16000);
  const Picture picture = DrawSpectrogram(s, Loudest(s), Axes::kNone);
  ASSERT_EQ(picture.width, static_cast<int>(s.columns));
  const auto png = EncodePng(picture);
  ASSERT_TRUE(png.ok()) << png.message();

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_NE(png_image_begin_read_from_memory(&image, png.value().data(), png.value().size()), 0);
  ASSERT_EQ(image.width, s.columns);
  ASSERT_EQ(image.height, 2 * s.bands);
  image.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> rgb(PNG_IMAGE_SIZE(image));
  ASSERT_NE(png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr), 0);
  const size_t column = s.columns / 2;
  size_t brightest = 0;
  int most = 0;
  for (size_t row = 0; row < image.height; ++row) {
    const uint8_t* pixel = rgb.data() + 3 * (row * image.width + column);
    if (pixel[0] + pixel[1] <= most) continue;  // yellow is the top of the scale
    most = pixel[0] + pixel[1];
    brightest = row;
  }
  EXPECT_EQ(image.height / 2 - 1 - brightest / 2, LoudestBand(s, column));
}

}  // namespace
}  // namespace quaver
