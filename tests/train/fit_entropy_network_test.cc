// The network of the entropy model learns what tables cannot know, and its rounded weights keep it.
#include "codec/train/fit_entropy_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "codec/bitstream/entropy_counter.h"
#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

constexpr int kFrames = 400;
const FitEntropyNetworkOptions kQuick = {.steps = 300, .units = 16, .batch = 256, .learning_rate = 1e-2};

// Group 1 is group 0 mirrored, group 2 is what group 0 was two frames ago: no table sees either.
ClipTokens Clip(Random& random, const BottleneckConfig& bottleneck) {
  ClipTokens clip{kFrames, {}};
  for (size_t t = 0; t < kFrames; ++t) {
    const int first = Below(random, bottleneck.codes());
    clip.tokens.push_back(static_cast<uint16_t>(first));
    clip.tokens.push_back(static_cast<uint16_t>(bottleneck.codes() - 1 - first));
    clip.tokens.push_back(t < 2 ? uint16_t{0} : clip.tokens[3 * (t - 2)]);
  }
  return clip;
}

class FitEntropyNetworkTest : public ::testing::TestWithParam<BottleneckConfig> {
 protected:
  void SetUp() override {
    for (int i = 0; i < 10; ++i) clips_.push_back(Clip(random_, GetParam()));
    EntropyCounter counter(GetParam(), 25);
    for (const ClipTokens& clip : clips_) counter.Add(clip.tokens, clip.frames);
    model_ = EntropyModel::Create(GetParam(), counter.Frequencies()).value();
    const int codes = GetParam().scalar() ? 0 : GetParam().codes();
    for (int code = 0; code < codes; ++code)  // neighbours are alike, mirrored ones opposite
      codebook_.push_back(static_cast<float>(2 * code + 1 - codes) / static_cast<float>(codes) * 2);
  }

  EntropyNetworkWeights Fit(const FitEntropyNetworkOptions& options) const {
    return FitEntropyNetwork(GetParam(), codebook_, model_, clips_, options, {});
  }
  // Bits a token of a clip that was not learnt.
  double Cost(int n_q, int frames_per_packet) {
    const ClipTokens unseen = Clip(random_, GetParam());
    return CostBits(model_, unseen.tokens, kFrames, n_q, 3, frames_per_packet) / (kFrames * n_q);
  }

  Random random_{3};
  std::vector<ClipTokens> clips_;
  std::vector<float> codebook_;
  EntropyModel model_;
};

TEST_P(FitEntropyNetworkTest, LearnsWhatTablesCannotKnow) {
  const double token = std::log2(GetParam().codes());
  EXPECT_GT(Cost(3, 25), 0.97 * token);
  model_.SetNetwork(EntropyNetwork::Create(GetParam(), codebook_, Fit(kQuick)).value());
  EXPECT_NEAR(Cost(1, 25), token, 0.06 * token);  // nothing to know
  EXPECT_LT(Cost(2, 25), 0.75 * token);           // the second from the first
  EXPECT_LT(Cost(3, 25), 0.62 * token);           // the third from two frames before
  EXPECT_LT(Cost(2, 1), 0.85 * token);            // inside a frame, in packets of one
}

// Tables that do not know the frame before leave it to the network.
TEST_P(FitEntropyNetworkTest, LearnsWhatSmallTablesLeaveOut) {
  const auto repeated = [&] {  // every frame twice
    ClipTokens clip = Clip(random_, GetParam());
    for (size_t at = 3; at < clip.tokens.size(); at += 6)
      std::copy_n(clip.tokens.begin() + static_cast<int64_t>(at) - 3, 3,
                  clip.tokens.begin() + static_cast<int64_t>(at));
    return clip;
  };
  EntropyCounter counter(GetParam(), 25);
  for (ClipTokens& clip : clips_) {
    clip = repeated();
    counter.Add(clip.tokens, clip.frames);
  }
  model_ = EntropyModel::Create(GetParam(), counter.Frequencies(TableContexts::kThisFrame)).value();
  const ClipTokens unseen = repeated();
  const auto cost = [&] { return CostBits(model_, unseen.tokens, kFrames, 1, 3, 25) / kFrames; };
  const double token = std::log2(GetParam().codes());
  EXPECT_GT(cost(), 0.97 * token);
  model_.SetNetwork(EntropyNetwork::Create(GetParam(), codebook_, Fit(kQuick)).value());
  EXPECT_LT(cost(), 0.95 * token);
}

TEST_P(FitEntropyNetworkTest, ASeedDecides) {
  FitEntropyNetworkOptions options = kQuick;
  options.steps = 5;
  const EntropyNetworkWeights first = Fit(options);
  EXPECT_EQ(first.units, options.units);
  EXPECT_EQ(Fit(options), first);
  options.seed = 2;
  EXPECT_NE(Fit(options), first);
}

TEST_P(FitEntropyNetworkTest, WithoutStepsOrFramesThereIsNone) {
  FitEntropyNetworkOptions options = kQuick;
  options.steps = 0;
  EXPECT_EQ(Fit(options), EntropyNetworkWeights());
  clips_.clear();
  EXPECT_EQ(Fit(kQuick), EntropyNetworkWeights());
}

BottleneckConfig Scalars() {
  BottleneckConfig bottleneck;
  bottleneck.groups = 3;
  bottleneck.levels = {5, 3};
  return bottleneck;
}
BottleneckConfig Vectors() {
  BottleneckConfig bottleneck = Vp(12, 3);
  bottleneck.vector_dims = 1;
  return bottleneck;
}
INSTANTIATE_TEST_SUITE_P(Types, FitEntropyNetworkTest, ::testing::Values(Scalars(), Vectors()));

}  // namespace
}  // namespace quaver
