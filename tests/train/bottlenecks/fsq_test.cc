// FSQ and its symmetric form against their definitions, and against FSP on a uniform source.
#include "codec/train/bottlenecks/baselines/fsq.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>

#include "codec/quantize/fsp.h"
#include "codec/train/bottlenecks/fsp.h"
#include "tests/train/bottlenecks/support.h"

namespace quaver {
namespace {

constexpr int64_t kSamples = 1000000;

double Shift(const std::string& type, int levels) {
  if (type == "fsq-noise" || levels % 2 == 1) return 0;
  return std::atanh(0.5 / ((levels - 1) * 1.001 / 2));
}

// Latents [1, count, 1] whose bounded value is uniform over the range of the codes.
torch::Tensor UniformLatents(const std::string& type, int levels) {
  const auto generator = at::detail::createCPUGenerator(5);
  const auto u = torch::rand({1, kSamples, 1}, generator, torch::kDouble) * (1 - 2e-9) + 1e-9;
  return torch::atanh(2 * u - 1) - Shift(type, levels);
}

using Case = std::tuple<const char*, int>;
class FsqLevels : public testing::TestWithParam<Case> {
 protected:
  const std::string type_ = std::get<0>(GetParam());
  const int levels_ = std::get<1>(GetParam());
};

TEST_P(FsqLevels, HasSoManyLevelsAtEqualSteps) {
  Fsq fsq(Scalars(type_, {levels_}), {});
  const auto out = fsq.Quantize(torch::linspace(-9, 9, 4001).unsqueeze(1));
  const auto token = out.token.squeeze(1);
  EXPECT_EQ(token.min().item<int64_t>(), 0);
  EXPECT_EQ(token.max().item<int64_t>(), levels_ - 1);
  EXPECT_TRUE((token.diff() >= 0).all().item<bool>());
  EXPECT_LE(token.diff().max().item<int64_t>(), 1);
  const auto values = fsq.TokensToOutput(torch::arange(levels_).unsqueeze(1)).squeeze(1);
  EXPECT_TRUE(torch::allclose(values.diff(), values.diff()[0].expand({levels_ - 1}), 1e-5));
  EXPECT_TRUE(torch::allclose(out.y, fsq.TokensToOutput(out.token), 0, 1e-5));
  // Mentzer's even levels reach -1, but not 1.
  const bool one_sided = type_ == "fsq" && levels_ % 2 == 0;
  EXPECT_NEAR(values[0].item<double>(), -Fsq::kScale, 1e-5);
  EXPECT_NEAR(values[-1].item<double>(), Fsq::kScale * (one_sided ? 1 - 2.0 / levels_ : 1), 1e-5);
}

// Section 1.4 of the specification: the outer cells have half the mass, so (L / (L - 1))^2 times the
// distortion of FSP and a perplexity of (L - 1) 2^(1 / (L - 1)).
TEST_P(FsqLevels, UniformSourceHasHalfCellsAtTheEnds) {
  Fsq fsq(Scalars(type_, {levels_}), {});
  const auto latents = UniformLatents(type_, levels_);
  const auto step = fsq.Bounded(latents) - fsq.Bounded(latents).round();
  const double range = type_ == "fsq" ? (levels_ - 1) * 1.001 : levels_ - 1;
  const double fsq_error = (step / range).square().mean().item<double>();

  Fsp fsp(Scalars("fsp", {levels_}), {});
  const auto z = fsp.Squash(UniformLatents("fsq-noise", levels_));
  const double fsp_error = (fsp.Centroids(z) - z).square().mean().item<double>();
  const double expected = static_cast<double>(levels_) / (levels_ - 1);
  EXPECT_NEAR(fsq_error / fsp_error, expected * expected, 0.01 * expected * expected);
  EXPECT_NEAR(NormalisedPerplexity(fsq.Quantize(latents).token, levels_),
              (levels_ - 1) * std::pow(2, 1.0 / (levels_ - 1)) / levels_, 2e-3);
  EXPECT_NEAR(NormalisedPerplexity(fsp.Tokens(z), levels_), 1, 1e-3);
}

TEST_P(FsqLevels, IsIdempotent) {
  Fsq fsq(Scalars(type_, {levels_}), {});
  const auto first = fsq.Quantize(Normal({200, 1}, 6) * 2);
  // The latent that is bounded to the code itself.
  const auto level = first.token.to(torch::kDouble);
  const double half = type_ == "fsq" ? (levels_ - 1) * 1.001 / 2 : (levels_ - 1) / 2.0;
  const double middle = type_ == "fsq" ? levels_ / 2 - (levels_ % 2 == 0 ? 0.5 : 0) : half;
  const auto latent =
      torch::atanh(((level - middle) / half).clamp(-0.999999, 0.999999)) - Shift(type_, levels_);
  const auto again = fsq.Quantize(latent.to(torch::kFloat));
  EXPECT_TRUE(torch::equal(again.token, first.token));
  EXPECT_TRUE(torch::allclose(again.y, first.y, 0, 1e-4));
}

TEST_P(FsqLevels, GradientIsThatOfTheBoundWhateverWasRounded) {
  Fsq fsq(Scalars(type_, {levels_}), {});
  const auto latents = Normal({1, 500, 1}, 7).to(torch::kDouble).requires_grad_();
  Forward(fsq, latents).y.sum().backward();
  const double range = type_ == "fsq" ? (levels_ - 1) * 1.001 / 2 / (levels_ / 2) : 1;
  const auto bound = torch::tanh(latents.detach() + Shift(type_, levels_));
  EXPECT_TRUE(torch::allclose(latents.grad(), Fsq::kScale * range * (1 - bound.square()), 1e-6, 1e-9));
}

INSTANTIATE_TEST_SUITE_P(Types, FsqLevels,
                         testing::Combine(testing::Values("fsq", "fsq-noise"),
                                          testing::Values(3, 4, 5, 6, 7, 8)));

TEST(Fsq, AlwaysRounds) {
  const auto config = Scalars("fsq", {8, 5, 5, 5}, 3);
  Fsq fsq(config, {});
  const auto latents = Normal({2, 20, config.latents()}, 8);
  const auto out = Forward(fsq, latents);
  EXPECT_TRUE(torch::equal(out.y, fsq.Quantize(latents).y));
  EXPECT_EQ(out.loss.item<double>(), 0);
}

TEST(Fsq, TokensAreMixedRadixFirstDimensionFastest) {
  for (const char* type : {"fsq", "fsq-noise"}) {
    Fsq fsq(Scalars(type, {8, 5, 5, 5}), {});
    const auto ends = torch::tensor({{-20.0f, -20.0f, -20.0f, -20.0f},
                                     {20.0f, 20.0f, 20.0f, 20.0f},
                                     {20.0f, -20.0f, -20.0f, -20.0f},
                                     {-20.0f, 20.0f, -20.0f, -20.0f}});
    const auto token = fsq.Quantize(ends).token.squeeze(1);
    EXPECT_TRUE(torch::equal(token, torch::tensor({0, 999, 7, 32}, torch::kInt64))) << type;
  }
}

TEST(FsqNoise, MovesItsShareByAtMostHalfOf1OverLAndMayLeaveTheRange) {
  const int levels = 5;
  FsqOptions options;
  options.noise_rate = 0.3;
  Fsq fsq(Scalars("fsq-noise", {levels}), options);
  const auto latents = Normal({1, kSamples, 1}, 9).to(torch::kDouble) * 3;
  const auto out = Forward(fsq, latents, 10);
  const auto clean = Fsq::kScale * torch::tanh(latents);
  const auto rounded = fsq.Quantize(latents).y;
  const auto quantised = torch::isclose(out.y, rounded, 1e-9, 1e-9);
  EXPECT_NEAR(1 - quantised.to(torch::kDouble).mean().item<double>(), options.noise_rate, 2e-3);
  // In z units 1 / (2 L), in those of y times 2 sqrt(3).
  const auto moved = (out.y - clean).index({~quantised});
  const double most = Fsq::kScale / levels;
  EXPECT_LE(moved.abs().max().item<double>(), most);
  EXPECT_NEAR(12 * moved.var().item<double>() / (4 * most * most), 1, 0.01);
  EXPECT_NEAR(moved.mean().item<double>(), 0, 0.01 * most);
  EXPECT_NEAR(out.y.max().item<double>(), Fsq::kScale * (1 + 1.0 / levels), 0.01);
  EXPECT_TRUE(torch::equal(out.token, fsq.Quantize(latents).token));
}

TEST(FsqNoise, WithoutNoiseQuantises) {
  FsqOptions options;
  options.noise_rate = 0;
  Fsq fsq(Scalars("fsq-noise", {8, 5}), options);
  const auto latents = Normal({2, 20, 2}, 11);
  EXPECT_TRUE(torch::equal(Forward(fsq, latents).y, fsq.Quantize(latents).y));
}

// The decoder should see the same scale whatever the scalar bottleneck is.
TEST(Fsq, UniformCodesHaveAboutUnitVariance) {
  for (const char* type : {"fsq", "fsq-noise"}) {
    const auto config = Scalars(type, {8, 5, 5, 5});
    Fsq fsq(config, {});
    const auto y = fsq.TokensToOutput(torch::arange(config.codes()).unsqueeze(1));
    const double power = y.square().mean().item<double>();
    EXPECT_GT(power, 0.8) << type;
    EXPECT_LT(power, 1.6) << type;
  }
}

}  // namespace
}  // namespace quaver
