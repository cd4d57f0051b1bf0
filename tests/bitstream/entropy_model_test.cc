#include "codec/bitstream/entropy_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
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

TEST(EntropyModel, ACodebookIsSplitIntoTheFewestDigits) {
  using Digits = std::vector<int>;
  EXPECT_EQ(DigitsOf(Vp(2)), (Digits{2}));
  EXPECT_EQ(DigitsOf(Vp(61)), (Digits{61}));
  EXPECT_EQ(DigitsOf(Vp(64)), (Digits{64}));
  EXPECT_EQ(DigitsOf(Vp(65)), (Digits{13, 5}));
  EXPECT_EQ(DigitsOf(Vp(256)), (Digits{16, 16}));
  EXPECT_EQ(DigitsOf(Vp(512)), (Digits{32, 16}));
  EXPECT_EQ(DigitsOf(Vp(1000)), (Digits{40, 25}));
  EXPECT_EQ(DigitsOf(Vp(1024)), (Digits{32, 32}));
  EXPECT_EQ(DigitsOf(Vp(4096)), (Digits{64, 64}));
  EXPECT_EQ(DigitsOf(Vp(16384)), (Digits{32, 32, 16}));
  EXPECT_EQ(EntropyModel::TableSize(Vp(1024)), 18u * (33 * 32 + 33 * 32 * 32));
  for (const int codes : {-1, 0, 1, 67, 2 * 67, 1021, 16385, 1 << 20})
    EXPECT_EQ(DigitsOf(Vp(codes)), Digits{}) << codes;
}

// Whatever has a split has one of the best shape: no digit too large, none larger than the one before, and
// with one digit fewer there is none.
TEST(EntropyModel, EveryCodebookHasASplitOrAPrimeFactorTooLarge) {
  for (int codes = 2; codes <= 1 << 14; ++codes) {
    const std::vector<int> digits = DigitsOf(Vp(codes));
    int largest_prime = 1;
    int rest = codes;
    for (int p = 2; rest > 1; ++p) {
      while (rest % p == 0) rest /= largest_prime = p;
    }
    ASSERT_EQ(digits.empty(), largest_prime > 61) << codes;
    if (digits.empty()) continue;
    ASSERT_EQ(std::accumulate(digits.begin(), digits.end(), 1, std::multiplies<>()), codes);
    ASSERT_LE(digits.size(), 8u) << codes;
    ASSERT_LE(digits.front(), 64) << codes;
    ASSERT_GE(digits.back(), 2) << codes;
    ASSERT_TRUE(std::is_sorted(digits.rbegin(), digits.rend())) << codes;
    if (digits.size() != 2) continue;
    const auto root = static_cast<int>(std::sqrt(codes));
    for (int radix = digits[1] + 1; radix <= root; ++radix) ASSERT_NE(codes % radix, 0) << codes;
  }
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
  std::vector<BottleneckConfig> all = {Vp(1024, 0), Vp(1024, 19), Vp(1021), Vp(0), Vp(1 << 15)};
  all.push_back(Vp(1024));
  all.back().type = "none";
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
    all.push_back(bottleneck);
  }
  for (const BottleneckConfig& bottleneck : all) {
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
