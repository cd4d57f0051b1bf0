#include "codec/train/network.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "tests/train/support.h"

namespace quaver {
namespace {

TEST(TorchNetwork, HasTheTensorsOfTheList) {
  TorchNetwork network(SmallConfig());
  const auto tensors = ReadTensors(*network);
  const auto list = ListTensors(SmallConfig());
  EXPECT_EQ(tensors.size(), list.size());
  for (const TensorSpec& spec : list) EXPECT_EQ(tensors.at(spec.name).shape, spec.shape) << spec.name;
}

TEST(TorchNetwork, TensorsSurviveReadAndLoad) {
  torch::manual_seed(1);
  TorchNetwork a(SmallConfig());
  TorchNetwork b(SmallConfig());
  const auto x = torch::randn({1, 3200}) * 0.1;
  EXPECT_FALSE(torch::equal(a->Encode(x), b->Encode(x)));
  LoadTensors(*b, ReadTensors(*a));
  EXPECT_TRUE(torch::equal(a->Encode(x), b->Encode(x)));
}

TEST(TorchNetwork, IsCausal) {
  torch::manual_seed(2);
  torch::NoGradGuard no_grad;
  TorchNetwork network(SmallConfig());
  const auto a = torch::randn({1, 3200}) * 0.1;
  auto b = a.clone();
  b.slice(1, 1600).zero_();
  const auto latents_a = network->Encode(a);
  const auto latents_b = network->Encode(b);
  EXPECT_TRUE(torch::allclose(latents_a.slice(1, 0, 5), latents_b.slice(1, 0, 5), 0, 1e-6));
  EXPECT_FALSE(torch::allclose(latents_a.slice(1, 5), latents_b.slice(1, 5), 0, 1e-3));
  const auto y = torch::randn({1, 10, SmallConfig().bottleneck.latents()});
  auto z = y.clone();
  z.slice(1, 5).zero_();
  EXPECT_TRUE(
      torch::allclose(network->Decode(y).slice(1, 0, 1600), network->Decode(z).slice(1, 0, 1600), 0, 1e-5));
}

// Whatever the spectrum, a constant one must add up to a constant signal: the windows overlap to one.
TEST(TorchNetwork, SynthesisWindowsAddUpToOne) {
  torch::NoGradGuard no_grad;
  const Config config = SmallConfig();
  TorchNetwork network(config);
  auto tensors = ReadTensors(*network);
  auto& weight = tensors.at("decoder.istft.weight");
  auto& bias = tensors.at("decoder.istft.bias");
  std::fill(weight.values.begin(), weight.values.end(), 0.0f);
  std::fill(bias.values.begin(), bias.values.end(), -30.0f);
  bias.values[0] = std::log(10.0f);
  std::fill(bias.values.begin() + config.synthesis_bins(), bias.values.end(), 0.0f);
  LoadTensors(*network, tensors);
  const auto out = network->Decode(torch::zeros({1, 10, config.bottleneck.latents()}));
  const auto steady = out.slice(1, config.hop);
  EXPECT_TRUE(
      torch::allclose(steady, torch::full_like(steady, 10.0 / config.synthesis_window()), 1e-4, 1e-6));
}

}  // namespace
}  // namespace quaver
