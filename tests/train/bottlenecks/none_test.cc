#include "codec/train/bottlenecks/baselines/none.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "tests/train/bottlenecks/support.h"

namespace quaver {
namespace {

TEST(None, PassesLatentsAndTheirGradientsAndHasNoTokens) {
  NoneOptions options;
  options.moments = {0, 0};
  None none(options);
  const auto latents = Normal({2, 5, 8}, 1).requires_grad_();
  const auto out = Forward(none, latents);
  EXPECT_TRUE(torch::equal(out.y, latents));
  EXPECT_FALSE(out.token.defined());
  EXPECT_FALSE(none.Quantize(latents).token.defined());
  const auto gradient = Normal({2, 5, 8}, 2);
  torch::autograd::backward({out.y, out.loss}, {gradient, torch::ones({})});
  EXPECT_TRUE(torch::equal(latents.grad(), gradient));
}

TEST(None, HoldsMomentsToUnitVariance) {
  None none(NoneOptions{});
  const auto unit = Normal({1, 100000, 2}, 3);
  EXPECT_LT(Forward(none, unit).loss.item<double>(), 1e-4);
  EXPECT_NEAR(Forward(none, unit * 2).loss.item<double>(), 0.07 * 9, 0.02);
  EXPECT_NEAR(Forward(none, unit + 3).loss.item<double>(), 0.1 * 9, 0.02);
}

}  // namespace
}  // namespace quaver
