// A batch gives each stream the bits that it would have had alone.
#include "codec/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/runtime/signals.h"

namespace quaver {
namespace {

constexpr size_t kFrame = 320;
constexpr size_t kGroups = 18;
constexpr uint16_t kUntouched = 0xABCD;

// Streams of different speech, and what each gives alone at n_q tokens a frame.
class BatchTest : public testing::TestWithParam<std::tuple<std::string, size_t>> {
 protected:
  void SetUp() override {
    const auto speech = Speech("en-vctk-p228.flac", kFrames * kFrame + Streams() * 100);
    ASSERT_EQ(speech.size(), kFrames * kFrame + Streams() * 100);
    for (size_t s = 0; s < Streams(); ++s) {
      const auto from = speech.begin() + static_cast<std::ptrdiff_t>(100 * s);
      samples_.emplace_back(from, from + static_cast<std::ptrdiff_t>(kFrames * kFrame));
      encoders_.emplace_back(model_, s % 2 == 0 ? 1 : kMaxBlockFrames);
      decoders_.emplace_back(model_, s % 2 == 0 ? 1 : kMaxBlockFrames);
    }
    for (Encoder& encoder : encoders_) encoder_list_.push_back(&encoder);
    for (Decoder& decoder : decoders_) decoder_list_.push_back(&decoder);
  }

  static size_t Streams() { return std::get<1>(GetParam()); }

  // Every stream changes its rate in its own way; 0 is a lost frame.
  static int TokensOf(size_t stream, size_t frame) { return static_cast<int>((5 * frame + 3 * stream) % 19); }

  std::vector<int> Rates(size_t frame) const {
    std::vector<int> n_q;
    for (size_t s = 0; s < Streams(); ++s) n_q.push_back(TokensOf(s, frame));
    return n_q;
  }

  // [streams, kFrame] of frame `frame`, each stream `late` samples behind.
  std::vector<float> Together(size_t frame) const {
    std::vector<float> together;
    for (const auto& samples : samples_) {
      const auto from = samples.begin() + static_cast<std::ptrdiff_t>(frame * kFrame);
      together.insert(together.end(), from, from + kFrame);
    }
    return together;
  }

  static constexpr size_t kFrames = 12;
  std::shared_ptr<const Model> model_ =
      RandomModel(std::get<0>(GetParam()) == "vp" ? TinyVpConfig() : TinyConfig());
  std::vector<std::vector<float>> samples_;
  std::deque<Encoder> encoders_;
  std::deque<Decoder> decoders_;
  std::vector<Encoder*> encoder_list_;
  std::vector<Decoder*> decoder_list_;
};

TEST_P(BatchTest, EncodesAsEachStreamAlone) {
  Batch batch(model_);
  std::vector<Encoder> alone;
  for (size_t s = 0; s < Streams(); ++s) alone.emplace_back(model_);
  for (size_t t = 0; t < kFrames; ++t) {
    const auto n_q = Rates(t);
    std::vector<uint16_t> tokens(Streams() * kGroups, kUntouched);
    ASSERT_TRUE(batch.Encode(encoder_list_, Together(t), n_q, tokens));
    for (size_t s = 0; s < Streams(); ++s) {
      std::vector<uint16_t> expected(kGroups, kUntouched);
      ASSERT_EQ(alone[s].Encode(std::span(samples_[s]).subspan(t * kFrame, kFrame), n_q[s], expected), 1);
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), &tokens[s * kGroups])) << s << " at " << t;
    }
  }
}

TEST_P(BatchTest, DecodesAsEachStreamAlone) {
  Batch batch(model_);
  std::vector<Decoder> alone;
  for (size_t s = 0; s < Streams(); ++s) alone.emplace_back(model_);
  for (size_t t = 0; t < kFrames; ++t) {
    const auto n_q = Rates(t);
    const auto tokens = RandomTokens(Streams() * kGroups, model_->codes(), t);
    std::vector<float> sound(Streams() * kFrame);
    ASSERT_TRUE(batch.Decode(decoder_list_, tokens, n_q, sound));
    for (size_t s = 0; s < Streams(); ++s) {
      const auto row = std::span(tokens).subspan(s * kGroups, static_cast<size_t>(n_q[s]));
      std::vector<float> expected(kFrame);
      ASSERT_TRUE(alone[s].Decode(row, n_q[s], expected));
      ASSERT_TRUE(SameBits(std::span(sound).subspan(s * kFrame, kFrame), expected)) << s << " at " << t;
    }
  }
}

TEST_P(BatchTest, StreamsComeAndGoAndBringWhatIsPending) {
  Batch batch(model_);
  for (size_t s = 0; s < Streams(); ++s) {  // every stream begins with a part of a frame
    ASSERT_EQ(encoders_[s].Encode(std::span(samples_[s]).first(7 * s % kFrame), 18, {}), 0);
  }
  std::vector<std::vector<uint16_t>> tokens(Streams());
  for (size_t t = 0; t + 1 < kFrames; ++t) {
    std::vector<Encoder*> list;
    std::vector<float> together;
    std::vector<size_t> who;
    for (size_t s = 0; s < Streams(); ++s) {
      const auto next = std::span(samples_[s]).subspan(t * kFrame + 7 * s % kFrame, kFrame);
      if ((s + t) % 3 == 0) {  // not in this call: alone
        std::vector<uint16_t> row(kGroups);
        ASSERT_EQ(encoders_[s].Encode(next, 18, row), 1);
        tokens[s].insert(tokens[s].end(), row.begin(), row.end());
        continue;
      }
      list.push_back(&encoders_[s]);
      together.insert(together.end(), next.begin(), next.end());
      who.push_back(s);
    }
    std::vector<uint16_t> rows(list.size() * kGroups);
    ASSERT_TRUE(batch.Encode(list, together, std::vector<int>(list.size(), 18), rows));
    for (size_t i = 0; i < who.size(); ++i)
      tokens[who[i]].insert(tokens[who[i]].end(), &rows[i * kGroups], &rows[i * kGroups] + kGroups);
  }
  for (size_t s = 0; s < Streams(); ++s) {
    Encoder alone(model_);
    std::vector<uint16_t> expected(tokens[s].size());
    const size_t size = (kFrames - 1) * kFrame;
    ASSERT_EQ(alone.Encode(std::span(samples_[s]).first(size), 18, expected), static_cast<int>(kFrames - 1));
    EXPECT_EQ(tokens[s], expected) << s;
  }
}

INSTANTIATE_TEST_SUITE_P(Fsp, BatchTest,
                         testing::Combine(testing::Values("fsp"), testing::Values(1, 2, 3, 27, 28, 29, 61)));
INSTANTIATE_TEST_SUITE_P(Vp, BatchTest, testing::Combine(testing::Values("vp"), testing::Values(1, 3, 29)));

TEST(BatchTest, RefusesAndStaysAsItWas) {
  const auto model = RandomModel(TinyConfig());
  Batch batch(model);
  Encoder encoder(model);
  Decoder decoder(model);
  Encoder foreign(RandomModel(TinyConfig()));
  std::vector<std::byte> before(encoder.state_size()), after(encoder.state_size());
  ASSERT_TRUE(encoder.Save(before));
  const std::vector<float> samples(2 * kFrame, 0.5f);
  std::vector<float> sound(2 * kFrame, 7.0f);
  std::vector<uint16_t> tokens(2 * kGroups, 0);
  const std::vector<int> n_q = {3, 4};
  const auto encode = [&](std::vector<Encoder*> streams, size_t sample_count, std::vector<int> rates,
                          size_t rows) {
    return batch.Encode(streams, std::span(samples).first(sample_count), rates,
                        std::span(tokens).first(rows * kGroups));
  };
  EXPECT_FALSE(encode({&encoder, nullptr}, 2 * kFrame, n_q, 2));
  EXPECT_FALSE(encode({&encoder, &foreign}, 2 * kFrame, n_q, 2));
  EXPECT_FALSE(encode({&encoder}, kFrame - 1, {3}, 1));
  EXPECT_FALSE(encode({&encoder}, kFrame, {3, 3}, 1));
  EXPECT_FALSE(encode({&encoder}, kFrame, {3}, 2));
  EXPECT_FALSE(encode({&encoder}, kFrame, {19}, 1));
  EXPECT_FALSE(encode({&encoder}, kFrame, {-1}, 1));
  ASSERT_TRUE(encoder.Save(after));
  EXPECT_EQ(before, after);
  EXPECT_TRUE(encode({}, 0, {}, 0));

  Decoder* const decoders[] = {&decoder};
  tokens[2] = 1000;  // no code
  EXPECT_FALSE(batch.Decode(decoders, std::span(tokens).first(kGroups), std::vector<int>{3},
                            std::span(sound).first(kFrame)));
  EXPECT_TRUE(std::ranges::all_of(sound, [](float value) { return value == 7.0f; }));
  EXPECT_TRUE(batch.Decode(decoders, std::span(tokens).first(kGroups), std::vector<int>{2},
                           std::span(sound).first(kFrame)));
}

}  // namespace
}  // namespace quaver
