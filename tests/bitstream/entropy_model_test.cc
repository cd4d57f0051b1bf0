#include "codec/bitstream/entropy_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;

BottleneckConfig Small() {
  BottleneckConfig bottleneck;
  bottleneck.groups = 3;
  bottleneck.levels = {4, 3};
  return bottleneck;
}

// Clips [frames, groups] whose digits stay as they are with probability `stay`, and else are drawn anew.
std::vector<uint16_t> Clip(Random& random, const BottleneckConfig& bottleneck, int frames, double stay) {
  std::vector<uint16_t> tokens;
  std::vector<int> digits(static_cast<size_t>(bottleneck.latents()));
  for (int frame = 0; frame < frames; ++frame) {
    for (size_t group = 0; group < static_cast<size_t>(bottleneck.groups); ++group) {
      int token = 0;
      for (size_t i = bottleneck.levels.size(); i-- > 0;) {
        int& digit = digits[group * bottleneck.levels.size() + i];
        if (frame == 0 || Unit(random) >= stay) digit = Below(random, bottleneck.levels[i]);
        token = token * bottleneck.levels[i] + digit;
      }
      tokens.push_back(static_cast<uint16_t>(token));
    }
  }
  return tokens;
}

// Bits a token of such a clip, inside a packet.
double TrueBits(const BottleneckConfig& bottleneck, double stay) {
  double bits = 0.0;
  for (const int radix : bottleneck.levels) {
    const double other = (1.0 - stay) / radix, same = stay + other;
    bits -= same * std::log2(same) + (other > 0.0 ? (radix - 1) * other * std::log2(other) : 0.0);
  }
  return bits;
}

TEST(EntropyModel, SizesAndContextsFollowTheFormula) {
  EXPECT_EQ(EntropyModel::TableSize(BottleneckConfig()),
            18u * (9 * 8 + 6 * 8 * 5 + 6 * 40 * 5 + 6 * 200 * 5));
  const EntropyModel model = EntropyModel::Uniform(Small());
  EXPECT_EQ(model.frequencies().size(), 3u * (5 * 4 + 4 * 4 * 3));
  EXPECT_EQ(model.codes(), 12);
  EXPECT_EQ(model.Context(0, -1, 0), 0);
  EXPECT_EQ(model.Context(0, 3, 0), 4);
  EXPECT_EQ(model.Context(1, -1, 3), 3);
  EXPECT_EQ(model.Context(1, 2, 1), 13);
}

TEST(EntropyModel, CumulativeTablesComeInTheOrderOfTheFile) {
  Random random(1);
  const EntropyModel model = RandomModel(random, Small(), 3.0);
  size_t next = 0;
  for (int group = 0; group < 3; ++group) {
    for (int digit = 0; digit < 2; ++digit) {
      const int radix = digit == 0 ? 4 : 3;
      for (int context = 0; context < (digit == 0 ? 5 : 16); ++context) {
        const auto table = model.Cumulative(group, digit, context);
        ASSERT_EQ(table.size(), static_cast<size_t>(radix) + 1);
        EXPECT_EQ(table.front(), 0);
        EXPECT_EQ(table.back(), 1 << 15);
        for (size_t symbol = 0; symbol < static_cast<size_t>(radix); ++symbol) {
          EXPECT_EQ(table[symbol + 1] - table[symbol], model.frequencies()[next++]);
        }
      }
    }
  }
  EXPECT_EQ(next, model.frequencies().size());
}

TEST(EntropyModel, RefusesBadTablesAndSaysWhere) {
  const EntropyModel flat = EntropyModel::Uniform(Small());
  const std::vector<uint16_t> good(flat.frequencies().begin(), flat.frequencies().end());
  ASSERT_TRUE(EntropyModel::Create(Small(), good).ok());
  auto bad = good;
  bad.pop_back();
  EXPECT_THAT(EntropyModel::Create(Small(), bad).message(), HasSubstr("203 values, not 204"));
  bad = good;
  ++bad[68 + 20 + 3];
  EXPECT_THAT(EntropyModel::Create(Small(), bad).message(),
              HasSubstr("group 1, digit 1, context 1 sums to 32769, not 32768"));
  bad = good;
  bad[1] = static_cast<uint16_t>(bad[1] + bad[0]);
  bad[0] = 0;
  EXPECT_THAT(EntropyModel::Create(Small(), bad).message(),
              HasSubstr("group 0, digit 0, context 0 has a zero"));
}

TEST(EntropyModel, RefusesBottlenecksOutOfRange) {
  for (const auto& [groups, levels] : {std::pair<int, std::vector<int>>{0, {8}},
                                       {19, {8}},
                                       {1, {}},
                                       {1, {1}},
                                       {1, {65}},
                                       {1, {64, 64, 5}},
                                       {1, {2, 2, 2, 2, 2, 2, 2, 2, 2}}}) {
    BottleneckConfig bottleneck;
    bottleneck.groups = groups;
    bottleneck.levels = levels;
    EXPECT_EQ(EntropyModel::TableSize(bottleneck), 0u);
    EXPECT_FALSE(EntropyModel::Create(bottleneck, {}).ok());
    EXPECT_EQ(EntropyModel::Uniform(bottleneck).groups(), 0);
    EntropyCounter counter(bottleneck, 25);
    counter.Add(std::vector<uint16_t>(100), 5);
    EXPECT_TRUE(counter.Frequencies().empty());
  }
}

TEST(EntropyModel, QuantisedTablesAreCloseAndWhole) {
  Random random(2);
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> p(2 + static_cast<size_t>(Below(random, 63)));
    for (double& value : p) value = std::pow(Unit(random), 20.0 * Unit(random));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& value : p) value /= sum;
    std::vector<uint16_t> table(p.size());
    QuantiseTable(p, table);
    EXPECT_EQ(std::accumulate(table.begin(), table.end(), 0), 1 << 15);
    for (size_t x = 0; x < p.size(); ++x) {
      ASSERT_GE(table[x], 1);
      ASSERT_NEAR(table[x], p[x] * 32768, 1.0 + p[x] * static_cast<double>(p.size()) + 1.0);
    }
  }
}

TEST(EntropyCounter, LearnsWhatTheFrameBeforeTells) {
  Random random(3);
  const BottleneckConfig bottleneck;
  for (const double stay : {0.0, 0.5, 0.9}) {
    EntropyCounter counter(bottleneck, 25);
    for (int clip = 0; clip < 20; ++clip) counter.Add(Clip(random, bottleneck, 500, stay), 500);
    const EntropyModel model = EntropyModel::Create(bottleneck, counter.Frequencies()).value();
    const auto unseen = Clip(random, bottleneck, 2000, stay);
    const double bits = CostBits(model, unseen, 2000, 18, 18, 25);
    const double ideal = 2000 * 18 * (TrueBits(bottleneck, stay) * 24 / 25 + TrueBits(bottleneck, 0.0) / 25);
    EXPECT_LT(bits, ideal * 1.02) << stay;
    EXPECT_GT(bits, ideal * 0.98) << stay;
  }
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
TEST(EntropyCounter, FewCountsDoLittleHarm) {
  Random random(5);
  const BottleneckConfig bottleneck;
  for (const int frames : {0, 1, 3, 10, 50, 300}) {
    EntropyCounter counter(bottleneck, 25);
    counter.Add(Clip(random, bottleneck, frames, 0.0), frames);
    const EntropyModel model = EntropyModel::Create(bottleneck, counter.Frequencies()).value();
    const double bits = CostBits(model, Clip(random, bottleneck, 1000, 0.0), 1000, 18, 18, 25);
    EXPECT_LT(bits, 1000 * 18 * std::log2(1000) * 1.06) << frames;
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
