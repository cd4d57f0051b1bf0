#include "codec/train/optimizer.h"

#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim.h>
#include <torch/serialize/archive.h>
#include <torch/utils.h>

#include <sstream>

namespace quaver {
namespace {

using torch::Tensor;

struct Parameters {
  std::vector<Tensor> matrices;
  std::vector<Tensor> vectors;
};

Parameters Draw() {
  torch::manual_seed(3);
  Parameters out;
  out.matrices = {torch::randn({40, 33}).requires_grad_(true), torch::randn({5, 7, 3}).requires_grad_(true)};
  out.vectors = {torch::randn({40}).requires_grad_(true), torch::randn({1}).requires_grad_(true)};
  return out;
}

std::vector<Tensor> All(const Parameters& parameters) {
  std::vector<Tensor> all = parameters.matrices;
  all.insert(all.end(), parameters.vectors.begin(), parameters.vectors.end());
  return all;
}

// Gradients that depend on the parameters, so that an error grows.
void Backward(const Parameters& parameters, int step) {
  Tensor total = torch::zeros({});
  for (const Tensor& x : All(parameters)) total = total + (x * (step + 1)).sin().sum() + x.pow(4).mean();
  total.backward();
}

AdamW Make(const Parameters& parameters) {
  return AdamW(parameters.matrices, parameters.vectors, {.weight_decay = 0.1});
}

TEST(Optimizer, TenStepsAreThoseOfLibTorch) {
  const Parameters ours = Draw();
  const Parameters theirs = Draw();
  AdamW optimizer = Make(ours);
  using Options = torch::optim::AdamWOptions;
  const auto options = [](double decay) {
    return std::make_unique<Options>(Options(1e-2).betas({0.9, 0.99}).weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(theirs.matrices, options(0.1));
  groups.emplace_back(theirs.vectors, options(0));
  torch::optim::AdamW reference(groups, Options(1e-2));
  for (int step = 0; step < 10; ++step) {
    const double rate = 1e-2 / (1 + step);
    for (auto& group : reference.param_groups()) static_cast<Options&>(group.options()).lr(rate);
    reference.zero_grad();
    Backward(theirs, step);
    const double norm = torch::nn::utils::clip_grad_norm_(All(theirs), 3);
    reference.step();

    optimizer.ZeroGrad();
    Backward(ours, step);
    EXPECT_NEAR(optimizer.GradientNorm(), norm, 1e-4 * norm);
    optimizer.Step(rate, ClipScale(optimizer.GradientNorm(), 3));
  }
  for (size_t i = 0; i < All(ours).size(); ++i)
    EXPECT_TRUE(torch::allclose(All(ours)[i], All(theirs)[i], 1e-5, 1e-6)) << i;
}

TEST(Optimizer, ParametersWithoutGradientStay) {
  const Parameters parameters = Draw();
  AdamW optimizer = Make(parameters);
  const Tensor before = parameters.matrices[1].clone();
  parameters.matrices[0].sum().backward();
  optimizer.Step(0.1);
  EXPECT_TRUE(torch::equal(parameters.matrices[1], before));
  EXPECT_FALSE(torch::equal(parameters.matrices[0], Draw().matrices[0]));
}

TEST(Optimizer, SavedMomentsGoOnBitForBit) {
  const Parameters straight = Draw();
  AdamW whole = Make(straight);
  const Parameters halves = Draw();
  std::stringstream file;
  const auto run = [](AdamW& optimizer, const Parameters& parameters, int from, int to) {
    for (int step = from; step < to; ++step) {
      optimizer.ZeroGrad();
      Backward(parameters, step);
      optimizer.Step(1e-2);
    }
  };
  run(whole, straight, 0, 6);
  {
    AdamW first = Make(halves);
    run(first, halves, 0, 3);
    torch::serialize::OutputArchive archive;
    first.Save(archive);
    archive.save_to(file);
  }
  torch::serialize::InputArchive archive;
  archive.load_from(file);
  AdamW second = Make(halves);
  second.Load(archive);
  EXPECT_EQ(second.steps(), 3);
  run(second, halves, 3, 6);
  for (size_t i = 0; i < All(halves).size(); ++i)
    EXPECT_TRUE(torch::equal(All(straight)[i], All(halves)[i])) << i;

  AdamW other({straight.matrices[0]}, {}, {});
  EXPECT_THROW(other.Load(archive), c10::Error);
  AdamW swapped({straight.matrices[1], straight.matrices[0]}, straight.vectors, {});
  EXPECT_THROW(swapped.Load(archive), c10::Error);
}

TEST(Optimizer, TheAverageFollows) {
  const std::vector<Tensor> average = {torch::zeros({3}), torch::ones({2, 2})};
  Follow(average, {torch::ones({3}), torch::ones({2, 2})}, 0.25);
  EXPECT_TRUE(torch::allclose(average[0], torch::full({3}, 0.25)));
  EXPECT_TRUE(torch::equal(average[1], torch::ones({2, 2})));
}

}  // namespace
}  // namespace quaver
