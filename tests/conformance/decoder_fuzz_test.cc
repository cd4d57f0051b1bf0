// Two hundred damaged files through the whole decoder: reader, range decoder, network and sound file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "codec/container/decode_file.h"
#include "tests/conformance/vectors.h"
#include "tests/container/mutate.h"

namespace quaver {
namespace {

constexpr int kTrials = 200;

struct Decoded {
  std::string error;  // of opening or decoding
  DecodeReport report;
  std::vector<float> sound;
};

class DecoderFuzzTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(model_, nullptr);
    std::filesystem::create_directories(folder_);
    for (const char* name : kVectors) {
      files_.push_back(ReadBytes(VectorPath(std::string(name) + ".qvr")));
      clean_.push_back(Decode(files_.back()).sound);
      ASSERT_GT(clean_.back().size(), 16000u);
    }
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  Decoded Decode(const Bytes& file) {
    Decoded out;
    auto reader =
        QvrReader::Open(FromMemory(file, 1 + static_cast<size_t>(Below(random_, 5000))), "test.qvr");
    if (!reader.ok()) return Failed(reader.message());
    const QvrHeader& header = reader.value().header();
    // A forged header may name another model, or frames of another size.
    if (header.model != model_->identity()) return Failed("test.qvr: another model");
    const Status fits = CheckHeader(header, *model_);
    if (!fits.ok()) return Failed("test.qvr: " + fits.message());
    const std::string path = folder_ + "/out.wav";
    auto writer = SoundWriter::Create(path, static_cast<int>(header.original_rate), 1);
    if (!writer.ok()) return Failed("test.qvr: " + writer.message());
    auto playback =
        Playback::Create(16000, static_cast<int>(header.original_rate), std::move(writer).value());
    if (!playback.ok()) return Failed("test.qvr: " + playback.message());
    auto report = DecodeQvr(reader.value(), "test.qvr", model_, {}, header.original_rate, playback.value(),
                            [](uint64_t) { return true; });
    if (!report.ok()) return Failed(report.message());
    out.report = std::move(report).value();
    out.sound = ReadPcm(path);
    return out;
  }

  static Decoded Failed(const std::string& message) { return {message, {}, {}}; }

  // What must hold for any bytes at all.
  void Check(const Bytes& file, const Decoded& decoded) {
    if (!decoded.error.empty()) {
      EXPECT_EQ(decoded.error.substr(0, 9), "test.qvr:");
      return;
    }
    EXPECT_EQ(decoded.sound.size(), decoded.report.samples);
    // Each byte is at most a packet of 25 frames, and a minute may be made up for.
    EXPECT_LE(decoded.report.concealed, file.size() * kMaxFramesPerPacket + 2 * kMaxLostFrames);
    for (const float sample : decoded.sound) ASSERT_TRUE(std::isfinite(sample));
  }

  Random random_{20261125};
  std::shared_ptr<const Model> model_ = FrozenModel();
  std::string folder_ =
      (std::filesystem::temp_directory_path() / ("quaver_decoder_fuzz_" + std::to_string(::getpid())))
          .string();
  std::vector<Bytes> files_;
  std::vector<std::vector<float>> clean_;
};

// Without a forged checksum no damage goes unnoticed: the sound is as it was, or the report says otherwise.
TEST_F(DecoderFuzzTest, DamageIsConcealedAndTold) {
  int told = 0;
  for (int trial = 0; trial < kTrials / 2; ++trial) {
    const auto which = static_cast<size_t>(trial) % files_.size();
    Bytes file = files_[which];
    for (int i = 1 + Below(random_, 3); i > 0; --i) MutateOnce(random_, file, files_[1 - which]);
    const Decoded decoded = Decode(file);
    Check(file, decoded);
    if (HasFatalFailure()) FAIL() << "trial " << trial;
    if (!decoded.error.empty()) continue;
    told += !decoded.report.damage.empty();
    EXPECT_TRUE(!decoded.report.damage.empty() || decoded.sound == clean_[which]) << "trial " << trial;
  }
  EXPECT_GT(told, kTrials / 8);
}

TEST_F(DecoderFuzzTest, ForgedFilesDecodeSafely) {
  int opened = 0;
  for (int trial = 0; trial < kTrials / 2; ++trial) {
    const auto which = static_cast<size_t>(trial) % files_.size();
    Bytes file = files_[which];
    if (trial % 4 < 2) MutatePages(random_, file);
    for (int i = Below(random_, 3); i > 0; --i) MutateOnce(random_, file, files_[1 - which]);
    FixChecksums(file);
    const Decoded decoded = Decode(file);
    Check(file, decoded);
    if (HasFatalFailure()) FAIL() << "trial " << trial;
    opened += decoded.error.empty();
  }
  EXPECT_GT(opened, kTrials / 8);
}

}  // namespace
}  // namespace quaver
