#include <algorithm>
#include <cmath>

#include "codec/io/resampler.h"
#include "tests/train/data/fixtures.h"

namespace quaver {
namespace {

using FormatsTest = DataTest;

// Best correlation at lags of up to 2000 samples: MP3 comes late.
double Similarity(std::span<const int16_t> a, std::span<const float> b) {
  double best = 0;
  double energy_b = 0;
  for (const float x : b) energy_b += static_cast<double>(x) * x;
  for (size_t lag = 0; lag < 2000; ++lag) {
    double product = 0;
    double energy = 0;
    for (size_t i = 0; i + lag < a.size() && i < b.size(); ++i) {
      product += static_cast<double>(a[i + lag]) * b[i];
      energy += static_cast<double>(a[i + lag]) * a[i + lag];
    }
    best = std::max(best, product / std::sqrt(energy * energy_b + 1e-9));
  }
  return best;
}

TEST_F(FormatsTest, SpeechComesThroughEveryFormatAndRate) {
  const std::vector<float> speech = SomeSpeech(1, 16000);
  struct Format {
    const char* name;
    int format;
    int rate;
  };
  const Format formats[] = {{"a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 44100},
                            {"b.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22050},
                            {"c.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 48000},
                            {"d.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000},
                            {"e.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 32000}};
  for (const Format& f : formats) {
    const auto resampled = Resample(speech, 16000, f.rate);
    ASSERT_TRUE(resampled.ok());
    Write(f.name, resampled.value(), f.rate, f.format);
  }
  const auto data = LoadDataset(Path(""), At16k());
  ASSERT_TRUE(data.ok()) << data.message();
  ASSERT_EQ(data.value().clips.size(), std::size(formats));
  for (const Clip& clip : data.value().clips) {
    EXPECT_NEAR(static_cast<double>(clip.samples.size()), 16000, 1500) << clip.path;
    EXPECT_GT(Similarity(clip.samples, speech), 0.9) << clip.path;
  }
}

}  // namespace
}  // namespace quaver
