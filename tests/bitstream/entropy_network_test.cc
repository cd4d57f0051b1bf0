// The network of the entropy model: integers that come out the same everywhere, as in
// docs/reference/bitstream.md.
#include "codec/bitstream/entropy_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "codec/bitstream/entropy_kernels.h"
#include "codec/bitstream/token_contexts.h"
#include "hwy/targets.h"
#include "tests/bitstream/random_tokens.h"

namespace quaver {
namespace {

using ::testing::HasSubstr;

BottleneckConfig Scalars(std::vector<int> levels, int groups) {
  BottleneckConfig bottleneck;
  bottleneck.levels = std::move(levels);
  bottleneck.groups = groups;
  return bottleneck;
}

struct Kind {
  BottleneckConfig bottleneck;
  int units;
};
void PrintTo(const Kind& kind, std::ostream* out) {
  PrintTo(kind.bottleneck, out);
  *out << " with " << kind.units << " units";
}

// The text of the specification, as it stands: plain sums over all inputs, one value after the other.
class Specification {
 public:
  Specification(const BottleneckConfig& bottleneck, std::span<const float> codebook,
                EntropyNetworkWeights weights)
      : bottleneck_(bottleneck), weights_(std::move(weights)), values_(TokenValues(bottleneck, codebook)) {}

  // frames [t][group]: the packet so far, of the last frame the groups before `group`.
  std::vector<int> Frequencies(const std::vector<std::vector<int>>& frames, int group, int digit,
                               std::span<const uint16_t> table) const {
    const std::vector<int64_t> inputs = InputsOf(frames);
    const std::vector<int> radices = DigitsOf(bottleneck_);
    const int symbols = EntropyNetworkWeights::Symbols(bottleneck_);
    int first = 0;
    for (int i = 0; i < digit; ++i) first += radices[static_cast<size_t>(i)];
    const int radix = radices[static_cast<size_t>(digit)];
    std::vector<int64_t> sum(static_cast<size_t>(radix));
    for (int u = 0; u < weights_.units; ++u) {
      const int64_t unit = UnitOf(inputs, group, u);
      const auto row = static_cast<size_t>((group * weights_.units + u) * symbols + first);
      for (size_t s = 0; s < sum.size(); ++s) sum[s] += unit * weights_.symbols[row + s];
    }
    for (size_t s = 0; s < sum.size(); ++s) {
      const double frequency = table[s + 1] - table[s];
      sum[s] = (sum[s] >> 8) + static_cast<int64_t>(std::floor(256 * std::log2(frequency) + 1e-6));
    }
    return Shares(sum);
  }

 private:
  std::vector<int64_t> InputsOf(const std::vector<std::vector<int>>& frames) const {
    std::vector<int64_t> inputs = {64};
    const auto append = [&](const std::vector<int>& tokens) {
      const int dims = bottleneck_.dims();
      for (int group = 0; group < bottleneck_.groups; ++group) {
        for (int i = 0; i < dims; ++i) {
          const bool sent = group < static_cast<int>(tokens.size());
          const int at = sent ? tokens[static_cast<size_t>(group)] * dims + i : 0;
          inputs.push_back(sent ? values_[static_cast<size_t>(at)] : 0);
        }
      }
    };
    for (const size_t back : {size_t{2}, size_t{3}}) {
      const bool there = frames.size() >= back;
      append(there ? frames[frames.size() - back] : std::vector<int>());
      inputs.push_back(there ? 64 : 0);
    }
    append(frames.back());
    return inputs;
  }

  int64_t UnitOf(const std::vector<int64_t>& inputs, int group, int unit) const {
    int64_t sum = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const size_t columns = static_cast<size_t>(bottleneck_.groups * weights_.units);
      sum += inputs[i] * weights_.hidden[i * columns + static_cast<size_t>(group * weights_.units + unit)];
    }
    return std::clamp<int64_t>(sum >> 10, 0, 1023);
  }

  static std::vector<int> Shares(const std::vector<int64_t>& sum) {
    const auto likeliest = std::max_element(sum.begin(), sum.end()) - sum.begin();
    std::vector<uint64_t> power;
    uint64_t all = 0;
    for (const int64_t value : sum) {
      const int64_t below = sum[static_cast<size_t>(likeliest)] - value;
      const double fraction = std::exp2(16 - static_cast<double>(below % 256) / 256);
      power.push_back(below / 256 > 16 ? 0 : static_cast<uint64_t>(std::llround(fraction)) >> (below / 256));
      all += power.back();
    }
    const uint64_t share = ((32768 - sum.size()) << 24) / all;
    std::vector<int> frequencies;
    int rest = 32768;
    for (const uint64_t value : power) {
      frequencies.push_back(1 + static_cast<int>((value * share) >> 24));
      rest -= frequencies.back();
    }
    frequencies[static_cast<size_t>(likeliest)] += rest;
    return frequencies;
  }

  BottleneckConfig bottleneck_;
  EntropyNetworkWeights weights_;
  std::vector<int16_t> values_;
};

class EntropyNetworkTest : public ::testing::TestWithParam<Kind> {
 protected:
  const BottleneckConfig& bottleneck() const { return GetParam().bottleneck; }
  void SetNetwork(EntropyModel& model, double reach) {
    const auto codebook = RandomCodebook(random_, bottleneck());
    const auto weights = RandomEntropyNetwork(random_, bottleneck(), GetParam().units, reach);
    model.SetNetwork(EntropyNetwork::Create(bottleneck(), codebook, weights).value());
  }
  // As Specification::Frequencies, by the code that packets use.
  std::vector<std::vector<int>> Walk(const EntropyModel& model,
                                     const std::vector<std::vector<int>>& frames) const {
    std::vector<std::vector<int>> all;
    TokenContexts contexts(model);
    for (const auto& frame : frames) {
      contexts.StartFrame();
      for (size_t group = 0; group < frame.size(); ++group) {
        int rest = frame[group];
        contexts.Token(static_cast<int>(group), [&](int digit, std::span<const uint16_t> table) {
          std::vector<int> frequencies;
          for (size_t s = 0; s + 1 < table.size(); ++s) frequencies.push_back(table[s + 1] - table[s]);
          all.push_back(frequencies);
          const int radix = model.radix()[static_cast<size_t>(digit)];
          const int value = rest % radix;
          rest /= radix;
          return value;
        });
      }
      for (int group = static_cast<int>(frame.size()); group < model.groups(); ++group) contexts.Skip(group);
    }
    return all;
  }

  std::vector<std::vector<int>> RandomFrames(int count) {
    std::vector<std::vector<int>> frames;
    for (int t = 0; t < count; ++t) {
      frames.emplace_back();
      const int n_q = Below(random_, bottleneck().groups + 1);
      for (int g = 0; g < n_q; ++g) frames.back().push_back(Below(random_, bottleneck().codes()));
    }
    return frames;
  }

  Random random_{11};
};

TEST_P(EntropyNetworkTest, DoesWhatTheSpecificationSays) {
  const auto codebook = RandomCodebook(random_, bottleneck());
  EntropyModel model = RandomModel(random_, bottleneck(), 2.0);
  const EntropyModel tables = model;
  for (const double reach : {0.02, 0.3, 2.0}) {
    const EntropyNetworkWeights weights =
        RandomEntropyNetwork(random_, bottleneck(), GetParam().units, reach);
    model.SetNetwork(EntropyNetwork::Create(bottleneck(), codebook, weights).value());
    const Specification specification(bottleneck(), codebook, weights);
    const auto frames = RandomFrames(5);
    const auto found = Walk(model, frames);
    size_t next = 0;
    TokenContexts plain(tables);
    std::vector<std::vector<int>> so_far;
    for (const auto& frame : frames) {
      so_far.emplace_back();
      for (size_t group = 0; group < frame.size(); ++group) {
        int rest = frame[group];
        plain.Token(static_cast<int>(group), [&](int digit, std::span<const uint16_t> table) {
          EXPECT_EQ(found[next], specification.Frequencies(so_far, static_cast<int>(group), digit, table));
          ++next;
          const int radix = model.radix()[static_cast<size_t>(digit)];
          const int value = rest % radix;
          rest /= radix;
          return value;
        });
        so_far.back().push_back(frame[group]);
      }
      for (int group = static_cast<int>(frame.size()); group < model.groups(); ++group) plain.Skip(group);
    }
    ASSERT_EQ(next, found.size());
  }
}

TEST_P(EntropyNetworkTest, FrequenciesAreWholeAndNeverZero) {
  EntropyModel model = RandomModel(random_, bottleneck(), 6.0);
  for (const double reach : {0.0, 1.0, 8.0}) {
    SetNetwork(model, reach);
    for (const auto& frequencies : Walk(model, RandomFrames(25))) {
      int sum = 0;
      for (const int frequency : frequencies) {
        ASSERT_GE(frequency, 1);
        sum += frequency;
      }
      ASSERT_EQ(sum, 32768);
    }
  }
}

TEST_P(EntropyNetworkTest, OneOfZerosLeavesTheTablesAsTheyAre) {
  EntropyModel model = RandomModel(random_, bottleneck(), 1.0);
  const auto frames = RandomFrames(25);
  const auto before = Walk(model, frames);
  SetNetwork(model, 0);
  const auto after = Walk(model, frames);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    for (size_t s = 0; s < before[i].size(); ++s)  // a step of a logarithm is .27 %
      ASSERT_NEAR(after[i][s], before[i][s], 2 + 0.004 * before[i][s] + 0.001 * 32768) << i;
  }
}

TEST_P(EntropyNetworkTest, InstructionSetsChangeNothing) {
  EntropyModel model = RandomModel(random_, bottleneck(), 2.0);
  SetNetwork(model, 0.5);
  const auto frames = RandomFrames(8);
  const auto expected = Walk(model, frames);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_EQ(Walk(model, frames), expected) << hwy::TargetName(target);
    hwy::SetSupportedTargetsForTest(0);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EntropyNetworkTest,
                         ::testing::Values(Kind{BottleneckConfig(), 48}, Kind{Scalars({5, 3, 2}, 4), 64},
                                           Kind{Scalars({9}, 2), 1}, Kind{Vp(1024, 6), 16},
                                           Kind{Vp(63, 3), 17}));

TEST(EntropyKernels, AreExactAtTheLimits) {
  constexpr int kPairs = 3;
  constexpr int kWidth = 32;
  std::array<int16_t, 2 * kPairs> inputs = {511, -511, 511, 511, -511, 0};
  std::array<int16_t, 2 * kPairs * kWidth> weights;
  Random random(5);
  for (int16_t& weight : weights) weight = Below(random, 2) != 0 ? 32767 : -32768;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    std::array<int32_t, kWidth> sums;
    sums.fill(7);
    internal::AddPairs(weights.data(), inputs.data(), kPairs, kWidth, sums.data());
    for (size_t i = 0; i < kWidth; ++i) {
      int expected = 7;
      for (size_t p = 0; p < kPairs; ++p) {
        for (size_t k = 0; k < 2; ++k) expected += weights[(p * kWidth + i) * 2 + k] * inputs[2 * p + k];
      }
      EXPECT_EQ(sums[i], expected) << hwy::TargetName(target);
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST(TokenValues, AreThoseOfTheSpecification) {
  EXPECT_EQ(TokenValues(Scalars({4, 5}, 1), {}),
            (std::vector<int16_t>{-96, -102, -32, -102, 32,  -102, 96,  -102, -96, -51, -32, -51, 32,  -51,
                                  96,  -51,  -96, 0,    -32, 0,    32,  0,    96,  0,   -96, 51,  -32, 51,
                                  32,  51,   96,  51,   -96, 102,  -32, 102,  32,  102, 96,  102}));
  BottleneckConfig two = Vp(2);
  two.vector_dims = 3;
  EXPECT_EQ(TokenValues(two, std::vector<float>{0.5f, -1, 0.0078125f, 9, -9, -0.0078126f}),
            (std::vector<int16_t>{32, -64, 1, 511, -511, -1}));
}

TEST(EntropyNetwork, RefusesWhatDoesNotFit) {
  Random random(1);
  const BottleneckConfig bottleneck = Scalars({4, 3}, 3);
  const EntropyNetworkWeights good = RandomEntropyNetwork(random, bottleneck, 5, 1);
  const auto error = [&](EntropyNetworkWeights weights) {
    const auto network = EntropyNetwork::Create(bottleneck, {}, std::move(weights));
    return network.ok() ? "no error" : network.message();
  };
  EXPECT_EQ(error(good), "no error");
  EntropyNetworkWeights bad = good;
  bad.units = 0;
  EXPECT_THAT(error(bad), HasSubstr("0 units, not 1 to 64"));
  bad.units = 65;
  EXPECT_THAT(error(bad), HasSubstr("65 units"));
  bad.units = 4;
  EXPECT_THAT(error(bad), HasSubstr("do not fit the bottleneck"));
  bad = good;
  bad.symbols.pop_back();
  EXPECT_THAT(error(bad), HasSubstr("do not fit the bottleneck"));
  const EntropyNetworkWeights of_vp = RandomEntropyNetwork(random, Vp(64), 5, 1);
  EXPECT_FALSE(EntropyNetwork::Create(Vp(64), std::vector<float>(7), of_vp).ok());

  BottleneckConfig wide = Vp(64);
  wide.vector_dims = 16;
  EntropyNetworkWeights large = RandomEntropyNetwork(random, wide, 1, 0);
  std::fill(large.hidden.begin(), large.hidden.end(), std::numeric_limits<int16_t>::max());
  EXPECT_THAT(EntropyNetwork::Create(wide, RandomCodebook(random, wide), large).message(),
              HasSubstr("can leave 32 bits"));
}

}  // namespace
}  // namespace quaver
