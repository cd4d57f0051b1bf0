#include "codec/train/bottlenecks/codes.h"

#include <gtest/gtest.h>

#include "tests/train/bottlenecks/support.h"

namespace quaver {
namespace {

TEST(Codes, NearestIsThatOfBruteForce) {
  const auto points = Normal({3000, 5}, 1) * 3;
  const auto codes = Normal({1000, 5}, 2);
  const auto nearest = NearestTokens(points, codes.unsqueeze(0)).squeeze(1);
  const auto distances =
      (points.to(torch::kDouble).unsqueeze(1) - codes.to(torch::kDouble).unsqueeze(0)).square().sum(-1);
  const auto found = distances.gather(1, nearest.unsqueeze(1)).squeeze(1);
  EXPECT_TRUE(torch::allclose(found, distances.amin(1), 1e-5, 1e-5));
  EXPECT_GT((nearest == distances.argmin(1)).to(torch::kDouble).mean().item<double>(), 0.999);
}

TEST(Codes, GroupsHaveCodebooksOfTheirOwn) {
  const auto codebooks = torch::stack({torch::tensor({{0.0f}, {10.0f}}), torch::tensor({{10.0f}, {0.0f}})});
  const auto latents = torch::tensor({9.0f, 9.0f}).reshape({1, 1, 2});
  const auto out = ToNearest(latents, codebooks);
  EXPECT_TRUE(torch::equal(out.token.flatten(), torch::tensor({1, 0}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(out.y, torch::tensor({10.0f, 10.0f}).reshape({1, 1, 2})));
}

TEST(Codes, StraightThroughPassesTheGradientAsItIs) {
  const auto codebooks = Normal({2, 16, 3}, 3);
  const auto latents = Normal({2, 10, 6}, 4).requires_grad_();
  const auto gradient = Normal({2, 10, 6}, 5);
  const auto out = ToNearest(latents, codebooks);
  out.y.backward(gradient);
  EXPECT_TRUE(torch::equal(latents.grad(), gradient));
  EXPECT_TRUE(torch::allclose(out.y, TokensToCodes(out.token, codebooks), 0, 1e-6));
}

TEST(Codes, ErrorIsTheMeanOverWhatCounts) {
  const auto a = torch::tensor({1.0f, 3.0f, 100.0f, 100.0f}).reshape({1, 1, 4});
  const auto b = torch::zeros({1, 1, 4});
  const auto counted = torch::tensor({true, false}).reshape({1, 1, 2});
  EXPECT_FLOAT_EQ(CountedError(a, b, counted, nullptr).item<float>(), 5);
  EXPECT_EQ(CountedError(a, b, torch::zeros_like(counted), nullptr).item<float>(), 0);
  const auto nan = torch::full({1, 1, 4}, NAN);
  EXPECT_EQ(CountedError(nan, b, torch::zeros_like(counted), nullptr).item<float>(), 0);
}

TEST(Codes, AnyLeadingShape) {
  const auto codebooks = Normal({3, 8, 2}, 6);
  EXPECT_EQ(ToNearest(Normal({6}, 7), codebooks).token.sizes(), (std::vector<int64_t>{3}));
  EXPECT_EQ(ToNearest(Normal({4, 6}, 7), codebooks).y.sizes(), (std::vector<int64_t>{4, 6}));
  EXPECT_EQ(ToNearest(Normal({2, 4, 6}, 7), codebooks).token.sizes(), (std::vector<int64_t>{2, 4, 3}));
}

}  // namespace
}  // namespace quaver
