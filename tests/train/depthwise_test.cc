#include "codec/train/depthwise.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cstdint>

namespace quaver {
namespace {

torch::Tensor Reference(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const auto padded = torch::constant_pad_nd(x.transpose(1, 2), {weight.size(0) - 1, 0});
  const auto filters = weight.t().unsqueeze(1);
  return torch::convolution(padded, filters, bias, {1}, {0}, {1}, false, {0}, weight.size(1)).transpose(1, 2);
}

TEST(Depthwise, ValuesAndGradientsAreThoseOfConv1d) {
  torch::manual_seed(1);
  for (const int64_t steps : {1, 3, 6, 7, 50}) {
    auto x = torch::randn({3, steps, 20}).requires_grad_(true);
    auto weight = torch::randn({7, 20}).requires_grad_(true);
    auto bias = torch::randn({20}).requires_grad_(true);
    const auto slope = torch::randn({3, steps, 20});
    const auto y = DepthwiseConv(x, weight, bias);
    const auto expected = Reference(x, weight, bias);
    EXPECT_TRUE(torch::allclose(y, expected, 1e-5, 1e-5)) << steps;
    const auto ours = torch::autograd::grad({(y * slope).sum()}, {x, weight, bias});
    const auto theirs = torch::autograd::grad({(expected * slope).sum()}, {x, weight, bias});
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_TRUE(torch::allclose(ours[i], theirs[i], 1e-4, 1e-4)) << i << " " << steps;
  }
}

}  // namespace
}  // namespace quaver
