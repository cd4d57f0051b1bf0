#include "tests/train/data/fixtures.h"

#include <filesystem>
#include <fstream>

namespace quaver {

namespace fs = std::filesystem;

std::vector<float> SomeSpeech(int which, size_t count) {
  static const std::vector<float> all = [] {
    std::vector<float> samples;
    const auto data = LoadDataset(Samples(), At16k());
    EXPECT_TRUE(data.ok());
    for (const Clip& clip : data.value().clips) {
      for (const int16_t x : clip.samples) samples.push_back(static_cast<float>(x) / 32768);
    }
    return samples;
  }();
  std::vector<float> out(count);
  const size_t start = 3000 + static_cast<size_t>(which) * 17017;
  for (size_t i = 0; i < count; ++i) out[i] = all[(start + i) % all.size()];
  return out;
}

void DataTest::Write(const std::string& name, const std::vector<float>& samples, int rate, int format) const {
  const std::string path = Path(name);
  fs::create_directories(fs::path(path).parent_path());
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = 1;
  info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  ASSERT_NE(file, nullptr) << path << ": " << sf_strerror(nullptr);
  EXPECT_EQ(sf_write_float(file, samples.data(), static_cast<sf_count_t>(samples.size())),
            static_cast<sf_count_t>(samples.size()));
  sf_close(file);
}

void DataTest::Speech(const std::string& name, int which, double seconds) const {
  const bool flac = name.ends_with(".flac");
  Write(name, SomeSpeech(which, static_cast<size_t>(seconds * 16000)), 16000,
        (flac ? SF_FORMAT_FLAC : SF_FORMAT_WAV) | SF_FORMAT_PCM_16);
}

void DataTest::Text(const std::string& name, const std::string& text) const {
  fs::create_directories(fs::path(Path(name)).parent_path());
  Put(Path(name), text);
}

void DataTest::LibriSpeech(const std::string& folder) const {
  Speech(folder + "/train-clean-100/19/198/19-198-0000.flac", 0);
  Speech(folder + "/train-clean-100/26/495/26-495-0003.flac", 1);
  Speech(folder + "/dev-clean/84/121123/84-121123-0000.flac", 2);
  Speech(folder + "/test-clean/61/70968/61-70968-0000.flac", 3);
}

std::vector<std::string> FileNames(const Dataset& data) {
  std::vector<std::string> names;
  for (const Clip& clip : data.clips) names.push_back(fs::path(clip.path).filename().string());
  return names;
}

}  // namespace quaver
