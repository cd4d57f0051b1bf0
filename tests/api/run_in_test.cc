// A decoder that joins a stream in its middle gives the same bits after RunInFrames(), and not before.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "codec/model_access.h"
#include "codec/stream_decoder.h"
#include "tests/runtime/signals.h"

namespace quaver {
namespace {

constexpr size_t kFrames = 120;

class RunIn : public testing::TestWithParam<bool> {
 protected:
  static Config ConfigOf(bool vp) { return vp ? TinyVpConfig() : TinyConfig(); }
};

TEST_P(RunIn, IsEnoughAndNoMore) {
  const auto model = RandomModel(ConfigOf(GetParam()), 3);
  const auto frame = static_cast<size_t>(model->frame());
  const auto width = static_cast<size_t>(model->groups());
  const auto speech = Speech("en-vctk-p228.flac", kFrames * frame);
  std::vector<uint16_t> tokens(kFrames * width);
  Encoder encoder(model);
  ASSERT_EQ(encoder.Encode(speech, model->groups(), tokens), static_cast<int>(kFrames));
  std::vector<float> whole(kFrames * frame);
  ASSERT_TRUE(Decoder(model).Decode(tokens, model->groups(), whole));

  const auto run_in = static_cast<size_t>(RunInFrames(*model));
  ASSERT_LT(run_in, kFrames / 2);
  ASSERT_GT(run_in, 2u);
  for (const size_t from : {size_t{1}, size_t{17}, kFrames - run_in - 1}) {
    std::vector<float> part((kFrames - from) * frame);
    ASSERT_TRUE(Decoder(model).Decode(std::span(tokens).subspan(from * width), model->groups(), part));
    const auto same = [&](size_t number) {
      const auto a = std::span(whole).subspan(number * frame, frame);
      return std::ranges::equal(a, std::span(part).subspan((number - from) * frame, frame));
    };
    for (size_t number = from + run_in; number < kFrames; ++number) EXPECT_TRUE(same(number)) << number;
    EXPECT_FALSE(same(from));
    EXPECT_FALSE(same(from + run_in - 2)) << "a shorter run-in would do";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, RunIn, testing::Bool());

TEST(RunIn, OfTheDefaultModelIsWhatTheHeadersSay) {
  const auto model = Model::BuiltIn();
  if (!model.ok()) GTEST_SKIP() << model.message();
  EXPECT_EQ(RunInFrames(*model.value()), 33);
}

}  // namespace
}  // namespace quaver
