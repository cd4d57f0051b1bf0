#include "codec/train/bottlenecks/baselines/vq.h"

#include <gtest/gtest.h>
#include <torch/optim.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "tests/train/bottlenecks/support.h"

namespace quaver {
namespace {

VqOptions Averages(double restart_below = 2) {
  VqOptions options;
  options.ema = true;
  options.restart_below = restart_below;
  return options;
}

// `count` points a step around centres [clusters, dims].
torch::Tensor Clusters(const torch::Tensor& centres, int count, double spread, uint64_t seed) {
  const auto generator = at::detail::createCPUGenerator(seed);
  const auto which = torch::randint(centres.size(0), {count}, generator, torch::kInt64);
  const auto noise = torch::randn({count, centres.size(1)}, generator, torch::kFloat) * spread;
  return (centres.index_select(0, which) + noise).unsqueeze(0);
}

// Distance of each centre's nearest code.
torch::Tensor Missed(const Vq& vq, const torch::Tensor& centres) {
  return torch::cdist(centres, vq.Codebooks().detach()[0]).amin(1);
}

int64_t CodesMet(const Vq& vq, const torch::Tensor& latents) {
  return std::get<0>(torch::_unique(vq.Quantize(latents).token)).numel();
}

TEST(Vq, LossHasCodebookAndCommitmentPartsWithTheirGradients) {
  torch::manual_seed(1);
  Vq vq(Vectors("vq", 2, 8), {});
  const auto latents = Normal({2, 100, 2}, 1).requires_grad_();
  const auto out = Forward(vq, latents);
  const auto error = (latents - out.y).detach();
  EXPECT_NEAR(out.loss.item<double>(), 1.25 * error.square().mean().item<double>(), 1e-6);
  out.loss.backward();
  EXPECT_TRUE(torch::allclose(latents.grad(), 0.5 * error / 400, 1e-4, 1e-8));
  const auto codebook = vq.parameters()[0];
  EXPECT_LT(codebook.dim(), 3);  // three would be decayed
  auto expected = torch::zeros_like(codebook);
  expected.index_add_(0, out.token.flatten(), -2 * error.flatten(0, 1) / 400);
  EXPECT_TRUE(torch::allclose(codebook.grad(), expected, 1e-4, 1e-7));
}

TEST(Vq, QuantisesToTheNearestCodeAndIsIdempotent) {
  for (const VqOptions& options : {VqOptions(), Averages()}) {
    torch::manual_seed(2);
    Vq vq(Vectors("vq", 3, 40, 2), options);
    for (uint64_t seed = 0; seed < 60; ++seed) Step(vq, Normal({1, 200, 6}, seed), seed);
    const auto latents = Normal({1, 300, 6}, 99);
    const auto out = vq.Quantize(latents);
    const auto distances =
        torch::cdist(latents.reshape({300, 2, 3}).transpose(0, 1), vq.Codebooks().detach());
    const auto chosen = distances.gather(2, out.token[0].t().unsqueeze(-1)).squeeze(-1);
    EXPECT_TRUE(torch::allclose(chosen, distances.amin(2), 1e-3, 1e-5));
    const auto again = vq.Quantize(out.y);
    EXPECT_TRUE(torch::allclose(again.y, out.y, 0, 1e-6));
  }
}

TEST(Vq, WithoutAveragesCodesThatNobodyChoosesStayWhereTheyAre) {
  torch::manual_seed(3);
  Vq vq(Vectors("vq", 2, 64), {});
  auto codebook = vq.parameters()[0];
  {  // one code near the latents, the others far away
    torch::NoGradGuard no_grad;
    codebook.fill_(100);
    codebook[0].zero_();
  }
  torch::optim::SGD descent(vq.parameters(), 0.1);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    descent.zero_grad();
    Step(vq, Normal({1, 100, 2}, seed), seed).loss.backward();
    descent.step();
  }
  EXPECT_EQ(CodesMet(vq, Normal({1, 1000, 2}, 99)), 1);
  EXPECT_TRUE((codebook.slice(0, 1) == 100).all().item<bool>());
}

TEST(VqEma, LatentsPassUntilEnoughAreGathered) {
  torch::manual_seed(4);
  Vq vq(Vectors("vq", 2, 16), Averages());
  EXPECT_TRUE(vq.parameters().empty());
  const auto latents = Normal({1, 100, 2}, 1);
  int steps = 0;
  for (; !vq.ready(0) && steps < 100; ++steps) {
    const auto out = Step(vq, latents, static_cast<uint64_t>(steps));
    EXPECT_TRUE(torch::equal(out.y, latents));
    EXPECT_EQ(out.loss.item<double>(), 0);
  }
  EXPECT_EQ(steps, 32);  // 2 of K = 16 a step, 4 K in all
  const auto out = Forward(vq, latents);
  EXPECT_FALSE(torch::equal(out.y, latents));
  EXPECT_GT(out.loss.item<double>(), 0);
}

TEST(VqEma, ConvergesToTheMeansOfClustersAndFollowsThem) {
  torch::manual_seed(5);
  const auto centres = torch::tensor({{4.0f, 0.0f, 1.0f}, {-4.0f, 2.0f, 0.0f}});
  Vq vq(Vectors("vq", 3, 2), Averages());
  for (uint64_t step = 0; step < 600; ++step) Step(vq, Clusters(centres, 100, 0.1, step), step);
  EXPECT_LT(Missed(vq, centres).max().item<double>(), 0.02);
  const auto moved = centres + 0.7;
  for (uint64_t step = 600; step < 1500; ++step) Step(vq, Clusters(moved, 100, 0.1, step), step);
  EXPECT_LT(Missed(vq, moved).max().item<double>(), 0.02);
}

// More codes than clusters: each code is the mean of what it is chosen for.
TEST(VqEma, CodesAreTheMeansOfTheirCells) {
  torch::manual_seed(6);
  const auto centres = Normal({16, 3}, 1) * 4;
  Vq vq(Vectors("vq", 3, 24), Averages());
  for (uint64_t step = 0; step < 800; ++step) Step(vq, Clusters(centres, 320, 0.5, step), step);
  const auto latents = Clusters(centres, 50000, 0.5, 9999);
  const auto token = vq.Quantize(latents).token.flatten();
  const auto codes = vq.Codebooks()[0];
  for (int64_t code = 0; code < 24; ++code) {
    const auto cell = latents[0].index({token == code});
    ASSERT_GT(cell.size(0), 100) << code;
    EXPECT_LT((cell.mean(0) - codes[code]).norm().item<double>(), 0.2) << code;
  }
}

// All codes lie together, far from where the latents go then: most are never chosen again unless they
// restart.
TEST(VqEma, DeadCodesRestartAtLatentsAndAreUsedAfter) {
  const auto centres = Normal({16, 2}, 3) * 10;
  const auto codes_met = [&](double restart_below) {
    torch::manual_seed(7);
    Vq vq(Vectors("vq", 2, 16), Averages(restart_below));
    for (uint64_t step = 0; step < 60; ++step)
      Step(vq, Clusters(torch::full({1, 2}, 200.0f), 160, 1, step), step);
    double restarts = 0;
    for (uint64_t step = 60; step < 600; ++step)
      restarts += Step(vq, Clusters(centres, 160, 0.01, step), step).watch.at(0).second.item<double>();
    EXPECT_EQ(restarts > 0, restart_below > 0);
    return CodesMet(vq, Clusters(centres, 5000, 0.01, 9999));
  };
  EXPECT_EQ(codes_met(2), 16);
  EXPECT_LE(codes_met(0), 8);
}

// Fewer tokens than codes a step: an absolute threshold would restart all of them all the time.
TEST(VqEma, CodesOfAnEqualShareAreNeverDead) {
  torch::manual_seed(8);
  const auto centres = Normal({64, 2}, 4) * 10;
  Vq vq(Vectors("vq", 2, 64), Averages());
  for (uint64_t step = 0; step < 1500; ++step) Step(vq, Clusters(centres, 32, 0.01, step), step);
  double restarts = 0;
  for (uint64_t step = 1500; step < 1700; ++step)
    restarts += Step(vq, Clusters(centres, 32, 0.01, step), step).watch.at(0).second.item<double>();
  EXPECT_LT(restarts, 200);  // at most one a step, of 64
  EXPECT_GT(CodesMet(vq, Clusters(centres, 5000, 0.01, 9999)), 55);
}

TEST(VqEma, ResumesBitForBit) {
  torch::manual_seed(9);
  const auto centres = Normal({32, 2}, 5) * 5;
  for (const uint64_t stop : {3u, 150u}) {  // while gathering, and with restarts
    Vq straight(Vectors("vq", 2, 16, 2), Averages());
    Vq second(Vectors("vq", 2, 16, 2), Averages());
    const auto step = [&](Vq& vq, uint64_t i) {
      const auto latents =
          torch::cat({Clusters(centres, 60, 0.1, i), Clusters(centres, 60, 0.1, i + 7777)}, 2);
      Step(vq, latents, i);
    };
    for (uint64_t i = 0; i < stop; ++i) step(straight, i);
    Copy(straight, second);
    for (uint64_t i = stop; i < stop + 150; ++i) step(straight, i), step(second, i);
    EXPECT_TRUE(SameState(straight, second));
  }
}

class VqKinds : public testing::TestWithParam<bool> {
 protected:
  VqOptions options() const { return GetParam() ? Averages() : VqOptions(); }
};

TEST_P(VqKinds, StraightThroughPassesTheGradientAsItIs) {
  torch::manual_seed(10);
  Vq vq(Vectors("vq", 2, 8), options());
  for (uint64_t i = 0; i < 40; ++i) Step(vq, Normal({1, 50, 2}, i), i);
  const auto latents = Normal({1, 50, 2}, 99).requires_grad_();
  const auto gradient = Normal({1, 50, 2}, 98);
  Forward(vq, latents).y.backward(gradient);
  EXPECT_TRUE(torch::equal(latents.grad(), gradient));
}

// Whatever the dropped groups hold, the state is the same.
TEST_P(VqKinds, DroppedGroupsChangeNothing) {
  torch::manual_seed(11);
  Vq first(Vectors("vq", 2, 8, 2), options());
  Vq second(Vectors("vq", 2, 8, 2), options());
  Copy(first, second);
  const auto kept = torch::tensor({1.0f, 0.0f});
  for (uint64_t i = 0; i < 60; ++i) {
    const auto latents = Normal({1, 50, 4}, i);
    auto other = latents.clone();
    other.slice(2, 2).fill_(1e3 * static_cast<double>(i));
    EXPECT_EQ(Step(first, latents, i, kept).loss.item<double>(),
              Step(second, other, i, kept).loss.item<double>());
  }
  EXPECT_TRUE(SameState(first, second));
  EXPECT_TRUE(first.ready(0));
  EXPECT_EQ(first.ready(1), !GetParam());
}

TEST_P(VqKinds, WhatIsNotFiniteLeavesTheCodebookAsItIs) {
  torch::manual_seed(12);
  Vq vq(Vectors("vq", 2, 8), options());
  for (uint64_t i = 0; i < 60; ++i) Step(vq, Normal({1, 50, 2}, i), i);
  const auto before = StateOf(vq);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const auto out = Step(vq, torch::full({1, 50, 2}, bad), 1);
    EXPECT_FALSE(out.y.isfinite().any().item<bool>());  // not hidden: the step has to be skipped
    EXPECT_TRUE(((out.token >= 0) & (out.token < 8)).all().item<bool>());
  }
  const auto after = StateOf(vq);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(torch::equal(before[i], after[i])) << i;
  auto some = Normal({1, 50, 2}, 3);
  some[0][0][0] = NAN;
  Step(vq, some, 2);
  for (const auto& tensor : StateOf(vq)) EXPECT_TRUE(tensor.isfinite().all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Vq, VqKinds, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "Averages" : "Gradient"; });

}  // namespace
}  // namespace quaver
