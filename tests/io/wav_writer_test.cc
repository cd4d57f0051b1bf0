#include "codec/io/wav_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "codec/io/sound_file.h"
#include "codec/samples.h"
#include "tests/io/temp_folder.h"
#include "tests/io/wav_bytes.h"

namespace quaver {
namespace {

using internal::WavWriter;

class WavWriterTest : public TempFolder {
 protected:
  // `samples` in parts of `step`, as a file that outgrows RIFF beyond `most_riff` bytes.
  std::string Written(const std::vector<int16_t>& samples, int channels, size_t step, uint64_t most_riff) {
    auto file = AtomicFile::Create(Path("a.wav"));
    EXPECT_TRUE(file.ok()) << file.message();
    auto writer = WavWriter::Start(*file.value(), 16000, channels, most_riff);
    EXPECT_TRUE(writer.ok()) << writer.message();
    for (size_t at = 0; at < samples.size(); at += step) {
      const auto part = std::span(samples).subspan(at, std::min(step, samples.size() - at));
      const Status status = writer.value()->Write(part);
      EXPECT_TRUE(status.ok()) << status.message();
    }
    EXPECT_TRUE(writer.value()->Finish().ok());
    EXPECT_TRUE(file.value()->Commit().ok());
    return Content(Path("a.wav"));
  }
};

std::vector<int16_t> Ramp(size_t count) {
  std::vector<int16_t> samples(count);
  for (size_t i = 0; i < count; ++i) samples[i] = static_cast<int16_t>(i * 7919);
  return samples;
}

std::string Data(const std::vector<int16_t>& samples) {
  return {reinterpret_cast<const char*>(samples.data()), 2 * samples.size()};
}

// The last case moves more than the writer moves at a time.
TEST_F(WavWriterTest, OutgrowsRiffAndKeepsEverySample) {
  for (const size_t count : {size_t{0}, size_t{500}, size_t{502}, size_t{5000}, size_t{1700000}}) {
    const auto samples = Ramp(count);
    const uint64_t most = count > 100000 ? 3000000 : 1000;
    const std::string file = Written(samples, 2, count > 100000 ? 100000 : 50, most);
    const bool riff = 2 * count <= most;
    const auto bytes = static_cast<uint32_t>(2 * count);
    ASSERT_EQ(file.size(), (riff ? 44u : 80u) + bytes);
    if (riff) {
      EXPECT_EQ(file, WavHeader<int16_t>(bytes, 16000, 2) + Data(samples));
    } else {
      EXPECT_EQ(file.substr(0, 20), "RF64\xFF\xFF\xFF\xFFWAVEds64" + Raw(uint32_t{28}));
      EXPECT_EQ(file.substr(20, 28), Raw(uint64_t{72} + bytes) + Raw(uint64_t{bytes}) +
                                         Raw(uint64_t{count / 2}) + Raw(uint32_t{0}));
      EXPECT_EQ(file.substr(48, 32), WavHeader<int16_t>(0xFFFFFFFF, 16000, 2).substr(12));
      EXPECT_TRUE(file.compare(80, std::string::npos, Data(samples)) == 0) << count;
    }
  }
}

TEST_F(WavWriterTest, Rf64IsReadAsAnyOther) {
  const auto samples = Ramp(30000);
  Written(samples, 1, 777, 4321);
  auto reader = SoundReader::Open(Path("a.wav"));
  ASSERT_TRUE(reader.ok()) << reader.message();
  EXPECT_EQ(reader.value()->frames(), 30000);
  EXPECT_EQ(reader.value()->sample_rate(), 16000);
  std::vector<float> mono(samples.size() + 1);
  ASSERT_EQ(reader.value()->ReadMono(mono).value(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) ASSERT_EQ(ToPcm16(mono[i]), samples[i]) << i;
}

}  // namespace
}  // namespace quaver
