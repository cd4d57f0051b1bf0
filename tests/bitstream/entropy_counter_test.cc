#include "codec/bitstream/entropy_counter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

// Clips [frames, groups] whose digits stay as they are with probability `stay`, and else are drawn anew.
std::vector<uint16_t> Clip(Random& random, const BottleneckConfig& bottleneck, int frames, double stay) {
  const std::vector<int> radix = DigitsOf(bottleneck);
  std::vector<uint16_t> tokens;
  std::vector<int> digits(static_cast<size_t>(bottleneck.groups) * radix.size());
  for (int frame = 0; frame < frames; ++frame) {
    for (size_t group = 0; group < static_cast<size_t>(bottleneck.groups); ++group) {
      int token = 0;
      for (size_t i = radix.size(); i-- > 0;) {
        int& digit = digits[group * radix.size() + i];
        if (frame == 0 || Unit(random) >= stay) digit = Below(random, radix[i]);
        token = token * radix[i] + digit;
      }
      tokens.push_back(static_cast<uint16_t>(token));
    }
  }
  return tokens;
}

// Bits a token of such a clip, inside a packet.
double TrueBits(const BottleneckConfig& bottleneck, double stay) {
  double bits = 0.0;
  for (const int radix : DigitsOf(bottleneck)) {
    const double other = (1.0 - stay) / radix, same = stay + other;
    bits -= same * std::log2(same) + (other > 0.0 ? (radix - 1) * other * std::log2(other) : 0.0);
  }
  return bits;
}

// Scalars and a codebook.
class EntropyCounterTest : public ::testing::TestWithParam<BottleneckConfig> {};
INSTANTIATE_TEST_SUITE_P(Types, EntropyCounterTest, ::testing::Values(BottleneckConfig(), Vp(256, 6)));

TEST_P(EntropyCounterTest, LearnsWhatTheFrameBeforeTells) {
  Random random(3);
  const BottleneckConfig& bottleneck = GetParam();
  const int n_q = bottleneck.groups;
  for (const double stay : {0.0, 0.5, 0.9}) {
    EntropyCounter counter(bottleneck, 25);
    for (int clip = 0; clip < 20; ++clip) counter.Add(Clip(random, bottleneck, 500, stay), 500);
    const EntropyModel model = EntropyModel::Create(bottleneck, counter.Frequencies()).value();
    const auto unseen = Clip(random, bottleneck, 2000, stay);
    const double bits = CostBits(model, unseen, 2000, n_q, n_q, 25);
    const double ideal = 2000 * n_q * (TrueBits(bottleneck, stay) * 24 / 25 + TrueBits(bottleneck, 0.0) / 25);
    EXPECT_LT(bits, ideal * 1.02) << stay;
    EXPECT_GT(bits, ideal * 0.98) << stay;
  }
}

// Tables of this frame alone are those that a packet begins with, and cost what these cost.
TEST_P(EntropyCounterTest, TablesOfThisFrameAreThoseOfNone) {
  Random random(6);
  const BottleneckConfig& bottleneck = GetParam();
  EntropyCounter counter(bottleneck, 25);
  counter.Add(Clip(random, bottleneck, 3000, 0.7), 3000);
  const EntropyModel full = EntropyModel::Create(bottleneck, counter.Frequencies()).value();
  const EntropyModel small =
      EntropyModel::Create(bottleneck, counter.Frequencies(TableContexts::kThisFrame)).value();
  ASSERT_EQ(small.contexts(), TableContexts::kThisFrame);
  const auto tokens = Clip(random, bottleneck, 200, 0.7);
  const int n_q = bottleneck.groups;
  EXPECT_EQ(CostBits(small, tokens, 200, n_q, n_q, 25), CostBits(full, tokens, 200, n_q, n_q, 1));
  EXPECT_GT(CostBits(small, tokens, 200, n_q, n_q, 25), CostBits(full, tokens, 200, n_q, n_q, 25));
}

// The second digit repeats the first: only a table that keeps the lower digits can know.
TEST(EntropyCounter, LearnsWhatTheLowerDigitsTell) {
  Random random(4);
  BottleneckConfig bottleneck;
  bottleneck.groups = 2;
  bottleneck.levels = {6, 6};
  const auto clip = [&](int frames) {
    std::vector<uint16_t> tokens(static_cast<size_t>(frames) * 2);
    for (uint16_t& token : tokens) token = static_cast<uint16_t>(Below(random, 6) * 7);
    return tokens;
  };
  EntropyCounter counter(bottleneck, 10);
  counter.Add(clip(3000), 3000);
  const EntropyModel model = EntropyModel::Create(bottleneck, counter.Frequencies()).value();
  EXPECT_LT(CostBits(model, clip(1000), 1000, 2, 2, 10), 2000 * (std::log2(6) + 0.1));
}

// Few counts must not be taken for the truth: on data without any structure they cost next to nothing.
TEST_P(EntropyCounterTest, FewCountsDoLittleHarm) {
  Random random(5);
  const BottleneckConfig& bottleneck = GetParam();
  const int n_q = bottleneck.groups;
  for (const int frames : {0, 1, 3, 10, 50, 300}) {
    EntropyCounter counter(bottleneck, 25);
    counter.Add(Clip(random, bottleneck, frames, 0.0), frames);
    const EntropyModel model = EntropyModel::Create(bottleneck, counter.Frequencies()).value();
    const double bits = CostBits(model, Clip(random, bottleneck, 1000, 0.0), 1000, n_q, n_q, 25);
    EXPECT_LT(bits, 1000 * n_q * std::log2(bottleneck.codes()) * 1.06) << frames;
  }
}

TEST(EntropyCounter, HasNoTablesForBottlenecksOutOfRange) {
  for (const BottleneckConfig& bottleneck : OutOfRange()) {
    EntropyCounter counter(bottleneck, 25);
    counter.Add(std::vector<uint16_t>(100), 5);
    EXPECT_TRUE(counter.Frequencies().empty());
  }
}

TEST(EntropyCounter, WithoutCountsItIsFlat) {
  const EntropyModel flat = EntropyModel::Uniform(Small());
  for (const uint16_t frequency : EntropyCounter(Small(), 25).Frequencies()) {
    EXPECT_TRUE(std::abs(frequency - 8192) <= 1 || std::abs(frequency - 10923) <= 1);
  }
  EXPECT_EQ(EntropyCounter(Small(), 25).Frequencies().size(), flat.frequencies().size());
}

TEST(CostBits, SkipsWhatIsNotSent) {
  const EntropyModel flat = EntropyModel::Uniform(BottleneckConfig());
  std::vector<uint16_t> tokens(10 * 18, 999);
  const double full = CostBits(flat, tokens, 10, 18, 18, 25);
  EXPECT_NEAR(full, 180 * std::log2(1000), 0.1);
  EXPECT_NEAR(CostBits(flat, tokens, 10, 6, 18, 25), full / 3, 0.1);
  for (size_t i = 0; i < 18; ++i) tokens[i] = kNoToken;
  EXPECT_NEAR(CostBits(flat, tokens, 10, 18, 18, 25), full * 0.9, 0.1);
  EXPECT_EQ(CostBits(flat, {}, 10, 18, 18, 25), 0.0);
}

}  // namespace
}  // namespace quaver
