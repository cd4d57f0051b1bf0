// Acceptance tests t1 to t8 of FSP: numbers derived from the definition of the perturbation on a uniform
// source.
#include "codec/train/bottlenecks/fsp.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/quantize/fsp.h"

namespace quaver {
namespace {

constexpr int64_t kSamples = 1000000;

BottleneckConfig OneGroup(std::vector<int> levels, const std::string& cdf = "tanh") {
  BottleneckConfig config;
  config.groups = 1;
  config.levels = std::move(levels);
  config.cdf = cdf;
  return config;
}

at::Generator Generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

// Latents whose tanh squashing is uniform on (0, 1).
torch::Tensor UniformLatents(int64_t count, int dims, const at::Generator& generator) {
  const auto z = torch::rand({count, dims}, generator, torch::kDouble) * (1 - 2e-9) + 1e-9;
  return torch::atanh(2 * z - 1);
}

// One token a row, all of them kept.
BottleneckOutput Forward(Fsp& fsp, const torch::Tensor& latents, const at::Generator& generator) {
  const BatchRandom random(generator);
  return fsp.Forward({latents, torch::ones({1}), torch::ones({1}), random});
}

double Accept(const BottleneckOutput& out) { return out.watch.at(0).second.item<double>(); }

torch::Tensor BackToZ(const torch::Tensor& y) { return y / kSqrt12 + 0.5; }

FspOptions PurePerturbation() {
  FspOptions options;
  options.quantize_rate = 0;
  return options;
}

class FspLevels : public testing::TestWithParam<int> {};

TEST_P(FspLevels, T1AcceptsAllButAQuarterCellOfUniformProposals) {
  const int levels = GetParam();
  const auto generator = Generator(1);
  Fsp fsp(OneGroup({levels}), PurePerturbation());
  const auto out = Forward(fsp, UniformLatents(kSamples, 1, generator), generator);
  EXPECT_NEAR(Accept(out), 1 - 1.0 / (4 * levels), 2e-3);
}

TEST_P(FspLevels, T2PerturbationKeepsTheUniformLawAndItsNoisePower) {
  const int levels = GetParam();
  const auto generator = Generator(2);
  Fsp fsp(OneGroup({levels}), PurePerturbation());
  const auto latents = UniformLatents(kSamples, 1, generator);
  const auto z = fsp.Squash(latents);
  const auto moved = BackToZ(Forward(fsp, latents, generator).y);
  EXPECT_NEAR(moved.mean().item<double>(), 0.5, 0.005);
  EXPECT_NEAR(12 * moved.var().item<double>(), 1, 0.01);
  const double power = (moved - z).square().mean().item<double>();
  EXPECT_NEAR(power * 12 * levels * levels, 1 - 3.0 / (8 * levels), 0.01);
  EXPECT_GE(moved.min().item<double>(), 0);
  EXPECT_LE(moved.max().item<double>(), 1);
}

TEST_P(FspLevels, T8UniformSourceHasTheDistortionOfEqualCells) {
  const int levels = GetParam();
  const auto generator = Generator(3);
  Fsp fsp(OneGroup({levels}), {});
  const auto latents = UniformLatents(kSamples, 1, generator);
  const auto z = fsp.Squash(latents);
  const double fsp_error = (BackToZ(fsp.Quantize(latents).y) - z).square().mean().item<double>();
  EXPECT_NEAR(fsp_error * 12 * levels * levels, 1, 0.01);
  // FSQ rounds to edge levels k / (levels - 1): half-mass cells at the ends.
  const auto fsq = (z * (levels - 1)).round() / (levels - 1);
  EXPECT_NEAR((fsq - z).square().mean().item<double>() * 12 * (levels - 1) * (levels - 1), 1, 0.01);
  // Perplexity over levels: 1 for FSP, (L - 1) 2^(1 / (L - 1)) / L for FSQ.
  const auto perplexity = [&](const torch::Tensor& index) {
    const auto p =
        torch::bincount(index.flatten().to(torch::kInt64), {}, levels).to(torch::kDouble) / kSamples;
    return std::exp(-(p * p.log()).sum().item<double>()) / levels;
  };
  EXPECT_NEAR(perplexity(fsp.Tokens(z)), 1, 1e-3);
  EXPECT_NEAR(perplexity((z * (levels - 1)).round()), (levels - 1) * std::pow(2, 1.0 / (levels - 1)) / levels,
              2e-3);
}

INSTANTIATE_TEST_SUITE_P(Levels, FspLevels, testing::Values(4, 5, 6, 7, 8));

TEST(Fsp, T3TokensAreMixedRadixFirstDimensionFastest) {
  const std::vector<int> levels = {8, 5, 5, 5};
  EXPECT_EQ(FspToken(std::vector<int>{7, 4, 4, 4}, levels), 999);
  EXPECT_EQ(FspToken(std::vector<int>{0, 0, 0, 0}, levels), 0);
  Fsp fsp(OneGroup(levels), {});
  const auto all = torch::arange(1000, torch::kInt64).unsqueeze(1);
  const auto y = fsp.TokensToOutput(all);
  EXPECT_TRUE(torch::equal(fsp.Tokens(BackToZ(y)), all));
  EXPECT_FLOAT_EQ(y[999][0].item<float>(), FspValue(7, 8));
  EXPECT_FLOAT_EQ(y[999][3].item<float>(), FspValue(4, 5));
}

TEST(Fsp, T4EvaluationGivesTheCentroidsOfTheTokens) {
  BottleneckConfig config;
  const auto generator = Generator(4);
  const auto latents = torch::randn({3, 50, config.latents()}, generator);
  Fsp fsp(config, {});
  const auto out = fsp.Quantize(latents);
  EXPECT_TRUE(torch::allclose(out.y, fsp.TokensToOutput(out.token), 0, 1e-5));
  FspOptions always;
  always.quantize_rate = 1;
  Fsp quantising(config, always);
  EXPECT_TRUE(torch::equal(Forward(quantising, latents, generator).y, out.y));
}

TEST(Fsp, T4TokensDuringTrainingAreThoseOfTheCleanLatents) {
  BottleneckConfig config;
  const auto generator = Generator(5);
  const auto latents = torch::randn({2, 30, config.latents()}, generator);
  Fsp fsp(config, {});
  EXPECT_TRUE(torch::equal(Forward(fsp, latents, generator).token, fsp.Quantize(latents).token));
}

TEST(Fsp, T5ValuesOfLevels) {
  EXPECT_NEAR(FspValue(2, 4), 0.433, 1e-3);
  EXPECT_NEAR(FspValue(3, 4), 1.299, 1e-3);
  EXPECT_NEAR(FspValue(0, 4), -1.299, 1e-3);
  for (const int levels : {4, 5, 8}) {
    double square = 0;
    for (int l = 0; l < levels; ++l) square += FspValue(l, levels) * FspValue(l, levels) / levels;
    EXPECT_NEAR(square, 1 - 1.0 / (levels * levels), 1e-6);
  }
}

// d g / d a, written out for each squashing function.
torch::Tensor Slope(const std::string& cdf, const torch::Tensor& a) {
  if (cdf == "tanh") return (1 - a.tanh().square()) / 2;
  if (cdf == "sigmoid") return a.sigmoid() * (1 - a.sigmoid());
  if (cdf == "normal") return torch::exp(-a.square() / 2) / std::sqrt(2 * M_PI);
  if (cdf == "laplace") return 0.5 * torch::exp(-a.abs());
  return 1 / (M_PI * (1 + a.square()));
}

class FspCdf : public testing::TestWithParam<const char*> {};

TEST_P(FspCdf, T6GradientIsThatOfTheSquashingInBothBranches) {
  for (const double rate : {0.0, 1.0, 0.5}) {
    FspOptions options;
    options.quantize_rate = rate;
    Fsp fsp(OneGroup({8, 5, 5, 5}, GetParam()), options);
    const auto generator = Generator(6);
    auto a = torch::randn({200, 4}, generator, torch::kDouble).requires_grad_(true);
    Forward(fsp, a, generator).y.sum().backward();
    EXPECT_TRUE(torch::allclose(a.grad(), kSqrt12 * Slope(GetParam(), a.detach()), 1e-6, 1e-9)) << rate;
  }
}

TEST_P(FspCdf, SquashesToTheUnitIntervalMonotonically) {
  Fsp fsp(OneGroup({8}, GetParam()), {});
  const auto z = fsp.Squash(torch::linspace(-30, 30, 2001, torch::kDouble).unsqueeze(1)).squeeze(1);
  EXPECT_GE(z.min().item<double>(), 0);
  EXPECT_LE(z.max().item<double>(), 1);
  EXPECT_TRUE((z.diff() >= 0).all().item<bool>());
  EXPECT_NEAR(z[1000].item<double>(), 0.5, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Cdfs, FspCdf, testing::Values("tanh", "sigmoid", "normal", "laplace", "cauchy"));

TEST(Fsp, T7EndsOfTheIntervalAreTheOuterLevels) {
  EXPECT_EQ(FspLevel(0.0f, 8), 0);
  EXPECT_EQ(FspLevel(1.0f, 8), 7);
  EXPECT_EQ(FspLevel(1.0f, 5), 4);
  Fsp fsp(OneGroup({8, 5}), {});
  EXPECT_EQ(fsp.Tokens(torch::zeros({1, 2})).item<int64_t>(), 0);
  EXPECT_EQ(fsp.Tokens(torch::ones({1, 2})).item<int64_t>(), 39);
}

TEST(Fsp, JointAcceptanceRejectsWholeTokens) {
  FspOptions options = PurePerturbation();
  options.joint = true;
  const auto generator = Generator(7);
  Fsp fsp(OneGroup({8, 5, 5, 5}), options);
  const auto out = Forward(fsp, UniformLatents(kSamples / 4, 4, generator), generator);
  const double expected = (1 - 1.0 / 32) * std::pow(1 - 1.0 / 20, 3);
  EXPECT_NEAR(Accept(out), expected, 3e-3);
}

TEST(Fsp, NormLossIsZeroAtItsTargetAndGrowsAwayFromIt) {
  const auto generator = Generator(8);
  for (const char* cdf : {"tanh", "sigmoid", "normal", "laplace"}) {
    Fsp fsp(OneGroup({8, 5, 5, 5}, cdf), {});
    const auto at_target =
        torch::randn({100000, 4}, generator, torch::kDouble) * std::sqrt(fsp.variance_target());
    EXPECT_LT(fsp.NormLoss(at_target).item<double>(), 1e-3) << cdf;
    const double mean = 0.7;
    EXPECT_NEAR(fsp.NormLoss(at_target + mean).item<double>(), 0.1 * mean * mean, 5e-3) << cdf;
  }
  Fsp cauchy(OneGroup({8}, "cauchy"), {});
  EXPECT_EQ(cauchy.NormLoss(torch::randn({10, 1}, generator)).item<double>(), 0);
}

}  // namespace
}  // namespace quaver
