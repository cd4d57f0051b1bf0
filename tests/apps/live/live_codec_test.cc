// One frame after the other through encoder, packets, channel and decoder, without a device or a clock.
#include "apps/live/live_codec.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/live/live_engine.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;
constexpr size_t kFrames = 60;

class LiveCodecTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(speech_.size(), kFrames * kFrame); }
  std::span<const float> Frame(size_t t) const { return std::span(speech_).subspan(t * kFrame, kFrame); }

  // What encoder and decoder give alone, tokens of frame t by n_q(t).
  template <typename Rate>
  std::vector<float> Expected(Rate n_q) const {
    Encoder encoder(model_);
    Decoder decoder(model_);
    std::vector<float> sound(speech_.size());
    for (size_t t = 0; t < kFrames; ++t) {
      std::vector<uint16_t> tokens(static_cast<size_t>(n_q(t)));
      EXPECT_EQ(encoder.Encode(Frame(t), n_q(t), tokens), 1);
      EXPECT_TRUE(decoder.Decode(tokens, n_q(t), std::span(sound).subspan(t * kFrame, kFrame)));
    }
    return sound;
  }

  std::shared_ptr<const Model> model_ = RandomModel(TinyConfig());
  std::vector<float> speech_ = Speech("en-vctk-p228.flac", kFrames* kFrame);
  LiveControls controls_;
  LiveStats stats_;
};

TEST_F(LiveCodecTest, WithoutLossIsEncoderAndDecoderLaterByTheJitterBuffer) {
  const auto rate = [](size_t t) { return static_cast<int>(1 + t * 7 % 18); };  // changes at every frame
  const auto expected = Expected(rate);
  for (const int depth : {0, 1, 4}) {
    LiveCodec codec(model_, {}, depth);
    ASSERT_EQ(codec.delay(), static_cast<size_t>(model_->delay()) + static_cast<size_t>(depth) * kFrame);
    for (size_t t = 0; t < kFrames; ++t) {
      controls_.n_q.store(rate(t));
      const LiveFrame frame = codec.Process(Frame(t), controls_, stats_);
      const auto late = static_cast<size_t>(depth);
      const std::vector<float> silence(kFrame);
      const auto wanted = t < late ? std::span<const float>(silence)
                                   : std::span<const float>(expected).subspan((t - late) * kFrame, kFrame);
      ASSERT_TRUE(SameBits(frame.decoded, wanted)) << "frame " << t << ", depth " << depth;
      ASSERT_TRUE(SameBits(frame.heard, wanted));
    }
  }
  EXPECT_EQ(stats_.concealed.load(), uint64_t{0});
  EXPECT_EQ(stats_.frames.load(), 3 * kFrames);
  EXPECT_GT(stats_.payload_bytes.load(), stats_.tokens.load());  // more than a byte a token
  EXPECT_LT(stats_.payload_bytes.load(), 2 * stats_.tokens.load() + stats_.frames.load());
}

TEST_F(LiveCodecTest, TheOriginalComesAsLateAsTheDecodedSpeech) {
  LiveCodec codec(model_, {}, 2);
  for (size_t t = 0; t < kFrames; ++t) {
    const LiveFrame frame = codec.Process(Frame(t), controls_, stats_);
    for (size_t i = 0; i < kFrame; ++i) {
      const size_t now = t * kFrame + i;
      ASSERT_EQ(frame.original[i], now < codec.delay() ? 0.0f : speech_[now - codec.delay()]);
    }
  }
}

TEST_F(LiveCodecTest, BypassAndMuteFadeAndThenAreExact) {
  LiveCodec codec(model_, {}, 0);
  float last = 0, jump = 0, natural = 0;
  std::vector<float> decoded_last(1), original_last(1);
  for (size_t t = 0; t < kFrames; ++t) {
    controls_.bypass.store(t / 6 % 2 == 1);
    controls_.mute.store(t >= 48);
    const LiveFrame frame = codec.Process(Frame(t), controls_, stats_);
    const bool settled = t % 6 != 0;
    if (settled && t < 48) {
      ASSERT_TRUE(SameBits(frame.heard, t / 6 % 2 == 1 ? frame.original : frame.decoded)) << t;
    }
    if (t > 48) {
      for (const float x : frame.heard) ASSERT_EQ(x, 0.0f);
    }
    for (size_t i = 0; i < kFrame; ++i) {
      jump = std::max(jump, std::fabs(frame.heard[i] - last));
      last = frame.heard[i];
      natural = std::max(natural, std::fabs(frame.decoded[i] - decoded_last[0]) +
                                      std::fabs(frame.original[i] - original_last[0]));
      decoded_last[0] = frame.decoded[i];
      original_last[0] = frame.original[i];
    }
  }
  EXPECT_LT(jump, 1.1f * natural + 0.02f);  // no step that is in neither sound
}

TEST_F(LiveCodecTest, LostPacketsAreConcealed) {
  ChannelSettings settings;
  settings.loss = 1;
  controls_.loss.store(1);
  LiveCodec codec(model_, settings, 0);
  Decoder decoder(model_);
  std::vector<float> expected(kFrame);
  for (size_t t = 0; t < 10; ++t) {
    ASSERT_TRUE(decoder.Conceal(expected));
    ASSERT_TRUE(SameBits(codec.Process(Frame(t), controls_, stats_).decoded, expected));
  }
  EXPECT_EQ(stats_.lost.load(), uint64_t{10});
  EXPECT_EQ(stats_.concealed.load(), uint64_t{10});
}

TEST_F(LiveCodecTest, TokensAfterALossAreExact) {
  ChannelSettings settings;
  settings.loss = 0.3;
  controls_.loss.store(0.3f);
  controls_.n_q.store(6);
  LiveCodec codec(model_, settings, 0);
  LossModel channel(settings.loss, settings.burst, settings.seed);  // loses the same
  Encoder encoder(model_);
  Decoder decoder(model_);
  int lost = 0;
  for (size_t t = 0; t < kFrames; ++t) {
    std::vector<uint16_t> tokens(6);
    std::vector<float> expected(kFrame);
    ASSERT_EQ(encoder.Encode(Frame(t), 6, tokens), 1);
    const bool gone = channel.NextIsLost();
    lost += gone ? 1 : 0;
    ASSERT_TRUE(gone ? decoder.Conceal(expected) : decoder.Decode(tokens, 6, expected));
    ASSERT_TRUE(SameBits(codec.Process(Frame(t), controls_, stats_).decoded, expected)) << t;
  }
  EXPECT_EQ(stats_.lost.load(), static_cast<uint64_t>(lost));
  EXPECT_GT(lost, 5);
}

// The engine, driven by the test: time is simulated.
class CollectingSink : public FrameSink {
 public:
  bool Hungry() override { return hungry; }
  Result<bool> Push(std::span<const float> frame) override {
    sound.insert(sound.end(), frame.begin(), frame.end());
    return true;
  }
  void Finish() override { finished = true; }
  bool hungry = true;
  bool finished = false;
  std::vector<float> sound;
};

TEST_F(LiveCodecTest, AFileIsTheMicrophoneToItsEnd) {
  LiveCodec codec(model_, {}, 1);
  auto file = FileSource::Open(QUAVER_SOURCE_DIR "/samples/en-vctk-p228.flac", 16000, codec.delay());
  ASSERT_TRUE(file.ok()) << file.message();
  CollectingSink sink;
  LiveEngine engine(codec, *file.value(), sink, nullptr, controls_, stats_);
  sink.hungry = false;
  EXPECT_EQ(engine.Step().value(), Got::kNothing);
  EXPECT_TRUE(sink.sound.empty());
  sink.hungry = true;
  while (engine.Step().value() == Got::kFrame) {
  }
  EXPECT_TRUE(sink.finished);
  const auto all = Speech("en-vctk-p228.flac", size_t{1} << 20);
  EXPECT_EQ(sink.sound.size(), (all.size() + codec.delay() + kFrame - 1) / kFrame * kFrame);
  const auto expected = Expected([](size_t) { return 6; });
  EXPECT_TRUE(SameBits(std::span(sink.sound).subspan(kFrame, expected.size()), expected));
}

TEST_F(LiveCodecTest, AMicrophoneAtAnyRateGivesItsFrames) {
  for (const double rate : {16000.0, 44100.0, 48000.0}) {
    CapturePort port(48000);
    auto source = MicrophoneSource::Create(port, rate, 16000);
    ASSERT_TRUE(source.ok()) << source.message();
    std::vector<float> frame(kFrame);
    EXPECT_EQ(source.value()->Next(frame).value(), Got::kNothing);
    int frames = 0;
    const std::vector<float> block(static_cast<size_t>(rate / 100), 0.25f);
    for (int i = 0; i < 200; ++i) {  // 2 s
      port.OnBlock(block);
      while (source.value()->Next(frame).value() == Got::kFrame) ++frames;
    }
    EXPECT_NEAR(frames, 100, 2) << rate;
    EXPECT_NEAR(frame[0], 0.25f, 0.002f) << rate;
    EXPECT_EQ(port.overruns(), uint64_t{0});
  }
}

}  // namespace
}  // namespace quaver
