#include "codec/train/bottlenecks/baselines/simvq.h"

#include <gtest/gtest.h>
#include <torch/optim.h>
#include <torch/utils.h>

#include "tests/train/bottlenecks/support.h"

namespace quaver {
namespace {

TEST(SimVq, OnlyTheMatrixIsTrainedAndEveryCodeMovesWithIt) {
  torch::manual_seed(1);
  SimVq simvq(Vectors("simvq", 4, 64), {});
  ASSERT_EQ(simvq.parameters().size(), 1u);
  ASSERT_EQ(simvq.buffers().size(), 1u);
  EXPECT_LT(simvq.parameters()[0].dim(), 3);  // three would be decayed
  EXPECT_FALSE(simvq.buffers()[0].requires_grad());
  const auto frozen = simvq.buffers()[0].clone();
  EXPECT_NEAR(frozen.var().item<double>() * 4, 1, 0.3);

  const auto before = simvq.Codebooks().detach().clone();
  const auto latents = Normal({1, 8, 4}, 2);  // far fewer tokens than codes
  Forward(simvq, latents).loss.backward();
  torch::NoGradGuard no_grad;
  auto matrix = simvq.parameters()[0];
  ASSERT_GT(matrix.grad().abs().max().item<double>(), 0);
  matrix -= 0.1 * matrix.grad();
  EXPECT_TRUE(torch::equal(simvq.buffers()[0], frozen));
  const auto moved = (simvq.Codebooks() - before).square().sum(-1);
  EXPECT_GT(moved.min().item<double>(), 0);
}

TEST(SimVq, LossIsThatOfTheNearestCodesAndFallsByDescent) {
  torch::manual_seed(2);
  VqOptions options;
  options.commitment = 0.25;
  SimVq simvq(Vectors("simvq", 3, 32, 2), options);
  const auto latents = Normal({2, 50, 6}, 3).requires_grad_();
  const auto out = Forward(simvq, latents);
  const double distortion = (out.y - latents).square().mean().item<double>();
  EXPECT_NEAR(out.loss.item<double>(), 1.25 * distortion, 1e-5);
  out.loss.backward();
  // To the latents goes the commitment alone.
  const auto expected = 0.25 * 2 * (latents - out.y).detach() / static_cast<double>(latents.numel());
  EXPECT_TRUE(torch::allclose(latents.grad(), expected, 1e-4, 1e-7));
  torch::optim::SGD descent(simvq.parameters(), 0.5);
  for (int i = 0; i < 100; ++i) {
    descent.zero_grad();
    Forward(simvq, latents.detach()).loss.backward();
    descent.step();
  }
  EXPECT_LT(Forward(simvq, latents.detach()).loss.item<double>(), 0.8 * out.loss.item<double>());
}

TEST(SimVq, DroppedGroupsHaveNoPartInTheLoss) {
  torch::manual_seed(3);
  SimVq simvq(Vectors("simvq", 2, 16, 2), {});
  const auto kept = torch::tensor({1.0f, 0.0f});
  auto latents = Normal({2, 20, 4}, 4);
  const double loss = Forward(simvq, latents, 1, kept).loss.item<double>();
  latents.slice(2, 2).fill_(1e4);
  EXPECT_EQ(Forward(simvq, latents, 1, kept).loss.item<double>(), loss);
  Forward(simvq, latents, 1, kept).loss.backward();
  const auto gradient = simvq.parameters()[0].grad();
  EXPECT_GT(gradient.slice(0, 0, 2).abs().max().item<double>(), 0);
  EXPECT_EQ(gradient.slice(0, 2).abs().max().item<double>(), 0);
}

TEST(SimVq, RoundTripsThroughAnArchive) {
  torch::manual_seed(4);
  SimVq first(Vectors("simvq", 3, 20, 2), {});
  SimVq second(Vectors("simvq", 3, 20, 2), {});
  const auto latents = Normal({1, 30, 6}, 5);
  EXPECT_FALSE(torch::equal(first.Quantize(latents).y, second.Quantize(latents).y));
  Copy(first, second);
  EXPECT_TRUE(torch::equal(first.Quantize(latents).y, second.Quantize(latents).y));
}

}  // namespace
}  // namespace quaver
