#include "codec/train/feature_op.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace quaver {
namespace {

using torch::Tensor;

constexpr double kSlope = 0.2;

// [batch, channels, frames, bins], channels last as the convolutions leave them; a count that no vector
// divides.
Tensor Features(torch::ScalarType type) {
  return torch::randn({3, 5, 7, 11}).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
}

class FeatureOp : public testing::TestWithParam<torch::ScalarType> {
 protected:
  void SetUp() override { torch::manual_seed(1); }
  // A value of the type beside another within so many of its roundings.
  static bool Close(const Tensor& a, const Tensor& b) {
    const double bound = a.scalar_type() == torch::kBFloat16 ? 1e-2 : 1e-6;
    return torch::allclose(a.to(torch::kDouble), b.to(torch::kDouble), bound, bound * 1e-2);
  }
};

INSTANTIATE_TEST_SUITE_P(Types, FeatureOp, testing::Values(torch::kFloat, torch::kBFloat16),
                         [](const auto& type) { return std::string(c10::toString(type.param)); });

// With gradients by the activation, by the feature, and by both.
TEST_P(FeatureOp, ActivationIsLibTorchs) {
  const Tensor before = Features(GetParam());
  const Tensor by_next = Features(GetParam());
  const Tensor by_feature = Features(GetParam());
  for (const int used : {1, 2, 3}) {
    const Tensor x = before.clone().requires_grad_();
    const Tensor y = torch::leaky_relu(x, kSlope);
    Tensor expected_root = torch::zeros({});
    if ((used & 1) != 0) expected_root = expected_root + (y.to(torch::kDouble) * by_next).sum();
    if ((used & 2) != 0) expected_root = expected_root + (y.to(torch::kDouble) * by_feature).sum();
    expected_root.backward();

    const Tensor x2 = before.clone().requires_grad_();
    const Activation activation = LeakyActivation(x2 + 0, kSlope);
    EXPECT_TRUE(Close(activation.next, y));
    EXPECT_TRUE(torch::equal(activation.next, activation.feature));
    Tensor root = torch::zeros({});
    if ((used & 1) != 0) root = root + (activation.next.to(torch::kDouble) * by_next).sum();
    if ((used & 2) != 0) root = root + (activation.feature.to(torch::kDouble) * by_feature).sum();
    root.backward();
    EXPECT_TRUE(Close(x2.grad(), x.grad())) << used;
  }
}

// A gradient may come in another order than the values'.
TEST_P(FeatureOp, ActivationTakesGradientsOfAnyOrder) {
  const Tensor before = Features(GetParam());
  const Tensor gradient = Features(GetParam());
  const auto slope_of = [&](const Tensor& by) {
    const Tensor x = before.clone().requires_grad_();
    const Activation activation = LeakyActivation(x + 0, kSlope);
    return torch::autograd::grad({activation.next}, {x}, {by})[0];
  };
  EXPECT_TRUE(torch::equal(slope_of(gradient), slope_of(gradient.contiguous())));
}

TEST_P(FeatureOp, DistanceIsTheComposedOne) {
  const Tensor recorded = Features(GetParam());
  recorded[1].mul_(1e-5);  // below the floor
  const Tensor other = Features(GetParam());
  other[2][0].copy_(recorded[2][0]);  // no difference, no gradient
  const auto means = [](const Tensor& x) { return x.flatten(1).mean(1); };

  const Tensor b = other.to(torch::kDouble).requires_grad_();
  const Tensor a = recorded.to(torch::kDouble);
  const Tensor expected = (means((b - a).abs()) / means(a.abs()).clamp_min(1e-3)).mean();
  const Tensor at_b = torch::autograd::grad({3 * expected}, {b})[0];

  const Tensor decoded = other.clone().requires_grad_();
  const Tensor distance = RelativeDistance(recorded, decoded, 1e-3);
  EXPECT_NEAR(distance.item<double>(), expected.item<double>(), 1e-5 * expected.item<double>());
  const Tensor at_decoded = torch::autograd::grad({3 * distance}, {decoded})[0];
  EXPECT_EQ(at_decoded.scalar_type(), GetParam());
  EXPECT_TRUE(Close(at_decoded, at_b));
  EXPECT_EQ(at_decoded[2][0].abs().max().item<double>(), 0);
}

TEST_P(FeatureOp, WhatIsNotFiniteIsNotHidden) {
  const Tensor recorded = Features(GetParam());
  const Tensor x = Features(GetParam());
  x[1][2][3][4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(RelativeDistance(recorded, x, 1e-3).item<double>()));
  EXPECT_TRUE(std::isnan(RelativeDistance(x, recorded, 1e-3).item<double>()));
  EXPECT_TRUE(LeakyActivation(x.clone(), kSlope).next[1][2][3][4].isnan().item<bool>());
}

TEST(FeatureOps, TakeDenseTensorsOfTheCpuOnly) {
  const Tensor x = torch::zeros({2, 4, 6, 8});
  EXPECT_TRUE(IsFeature(x));
  EXPECT_TRUE(IsFeature(x.contiguous(torch::MemoryFormat::ChannelsLast)));
  EXPECT_FALSE(IsFeature(x.slice(3, 0, 4)));   // gaps
  EXPECT_FALSE(IsFeature(x.transpose(0, 1)));  // samples are not outermost
  EXPECT_FALSE(IsFeature(x.to(torch::kDouble)));
}

}  // namespace
}  // namespace quaver
