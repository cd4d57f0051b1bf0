#include "codec/train/block_op.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <limits>

#include "codec/train/batches.h"
#include "codec/train/data/load.h"
#include "codec/train/spectrum_op.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

using torch::Tensor;

// Features of real speech [4, 40, channels]; their number is no multiple of any vector's lanes.
constexpr int64_t kChannels = 3 * 33;
Tensor SpeechFeatures() {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  if (!data.ok()) return {};
  const Tensor crops = DrawBatch(data.value(), {4, 40 * 160, -20, -20, {}}, 1, 0, 4).crops;
  return StftFeatures(crops, torch::hann_window(64), 160, 1e-6, false);
}

BlockParameters DrawParameters(torch::ScalarType type) {
  torch::manual_seed(5);
  const auto draw = [&](torch::IntArrayRef shape, double size, double offset = 0) {
    return (torch::randn(shape, torch::kDouble) * size + offset).to(type).requires_grad_(true);
  };
  constexpr int64_t kHidden = 3 * kChannels;
  return {draw({7, kChannels}, 0.4),          draw({kChannels}, 0.1),
          draw({kChannels}, 0.1, 1),          draw({kChannels}, 0.1),
          draw({kHidden, 1, kChannels}, 0.2), draw({kHidden}, 0.1),
          draw({kChannels, 1, kHidden}, 0.1), draw({kChannels}, 0.1),
          draw({kChannels}, 0.1, 0.3)};
}

std::vector<Tensor> List(const BlockParameters& p) {
  return {p.conv_weight, p.conv_bias,   p.norm_weight, p.norm_bias, p.up_weight,
          p.up_bias,     p.down_weight, p.down_bias,   p.scale};
}

// The block's output and the gradients of a fixed function of it by input and parameters.
template <typename Block>
std::vector<Tensor> ValueAndGradients(const Block& block, const Tensor& features, bool bf16) {
  const BlockParameters parameters = DrawParameters(features.scalar_type());
  const Tensor x = features.clone().requires_grad_(true);
  const Tensor y = block(x, parameters, bf16);
  torch::manual_seed(6);
  const Tensor slope = torch::randn(y.sizes(), torch::kDouble).to(y.scalar_type());
  std::vector<Tensor> inputs = List(parameters);
  inputs.insert(inputs.begin(), x);
  std::vector<Tensor> out = torch::autograd::grad({(y * slope).sum()}, inputs);
  out.insert(out.begin(), y.detach());
  return out;
}

double Distance(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(torch::kDouble);
  const Tensor y = b.to(torch::kDouble);
  return ((x - y).norm() / y.norm()).item<double>();
}

TEST(BlockOp, Fp32IsTheComposedBlock) {
  const Tensor x = SpeechFeatures();
  ASSERT_TRUE(x.defined());
  const auto fused = ValueAndGradients(FusedBlock, x, false);
  const auto exact = ValueAndGradients(ComposedBlock, x.to(torch::kDouble), false);
  for (size_t i = 0; i < fused.size(); ++i) {
    EXPECT_EQ(fused[i].sizes(), exact[i].sizes()) << i;
    EXPECT_LT(Distance(fused[i], exact[i]), 2e-6) << i;
  }
}

// About as far from the truth as the composed block with the same products in bfloat16, whose roundings fall
// elsewhere: before a bias or after it.
TEST(BlockOp, Bf16IsAsNearAsTheComposedBlock) {
  const Tensor x = SpeechFeatures();
  ASSERT_TRUE(x.defined());
  const auto fused = ValueAndGradients(FusedBlock, x, true);
  const auto composed = ValueAndGradients(ComposedBlock, x, true);
  const auto exact = ValueAndGradients(ComposedBlock, x.to(torch::kDouble), false);
  for (size_t i = 0; i < fused.size(); ++i) {
    EXPECT_LT(Distance(fused[i], exact[i]), 1.3 * Distance(composed[i], exact[i]) + 1e-6) << i;
    EXPECT_LT(Distance(fused[i], composed[i]), 8e-3) << i;
  }
}

TEST(BlockOp, IsCausal) {
  const Tensor a = SpeechFeatures();
  ASSERT_TRUE(a.defined());
  torch::NoGradGuard no_grad;
  const Tensor b = a.clone();
  b.slice(1, 21).zero_();
  const BlockParameters parameters = DrawParameters(torch::kFloat);
  const Tensor from_a = FusedBlock(a, parameters, false);
  const Tensor from_b = FusedBlock(b, parameters, false);
  EXPECT_TRUE(torch::allclose(from_a.slice(1, 0, 21), from_b.slice(1, 0, 21), 0, 1e-6));
  EXPECT_FALSE(torch::allclose(from_a.slice(1, 21, 22), from_b.slice(1, 21, 22), 0, 1e-3));
}

TEST(BlockOp, ThreadsChangeNoBit) {
  const Tensor x = SpeechFeatures();
  ASSERT_TRUE(x.defined());
  const int before = at::get_num_threads();
  for (const bool bf16 : {false, true}) {
    at::set_num_threads(1);
    const auto one = ValueAndGradients(FusedBlock, x, bf16);
    at::set_num_threads(2);
    const auto two = ValueAndGradients(FusedBlock, x, bf16);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], two[i])) << bf16 << " " << i;
  }
  at::set_num_threads(before);
}

// Nothing that bounds or rounds a value may hide that it is not finite.
TEST(BlockOp, WhatIsNotFiniteStaysSo) {
  const Tensor clean = SpeechFeatures();
  ASSERT_TRUE(clean.defined());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const bool bf16 : {false, true}) {
      Tensor x = clean.clone();
      x[1][3][2] = bad;
      const auto all = ValueAndGradients(FusedBlock, x, bf16);
      EXPECT_FALSE(all[0][1][3].isfinite().any().item<bool>());
      EXPECT_TRUE(all[0][0].isfinite().all().item<bool>());
      for (size_t i = 1; i < all.size(); ++i) {
        const bool seen = i != 9;  // the gradient of the last bias does not depend on x
        EXPECT_EQ(all[i].isfinite().all().item<bool>(), !seen) << i;
      }
    }
  }
}

}  // namespace
}  // namespace quaver
