#include "codec/train/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <stdexcept>

#include "codec/train/step.h"
#include "codec/train/trainer.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

TrainingConfig WithAdversary(bool adversary) {
  TrainingConfig config = SmallTraining();
  config.training.batch = 5;
  config.training.loss.fft_sizes = {512};
  if (adversary) {
    config.training.adversary.adversarial = config.training.adversary.features = 0.3;
    config.training.adversary.channels = 4;
    config.training.adversary.fft_sizes = {256};
  }
  return config;
}

struct Outcome {
  StepReport report;
  std::vector<torch::Tensor> gradients;  // of network and bottleneck
  std::vector<torch::Tensor> learnt;     // by the discriminators: what their weights changed
};

Outcome StepIn(int threads, bool adversary, const Dataset& data) {
  TrainingState state(WithAdversary(adversary));
  const TrainingOptions& options = state.config.training;
  const auto alone = Group::Alone();
  DataParallel peers(*alone, state);
  Workers workers(threads, options.batch);
  const ReconstructionLoss loss(options.loss, 16000, torch::kCPU);
  Outcome outcome;
  for (int step = 0; step < 2; ++step) {
    const CropBatch batch =
        DrawBatch(data, CropsOf(state.config), options.seed, state.samples, options.batch);
    outcome.report = TrainStep(state, loss, batch, 0.1, peers, workers);
    EXPECT_TRUE(outcome.report.finite);
  }
  for (const auto& parameter : state.TrainedParameters()) outcome.gradients.push_back(parameter.grad());
  if (!adversary) return outcome;
  const TrainingState fresh(WithAdversary(true));
  const auto before = fresh.adversary->discriminators->parameters();
  const auto after = state.adversary->discriminators->parameters();
  for (size_t i = 0; i < after.size(); ++i) outcome.learnt.push_back((after[i] - before[i]).detach());
  return outcome;
}

class WorkersOfAStep : public testing::TestWithParam<bool> {};

// The second step goes by what the first has changed: weights, moments, discriminators, balancer.
TEST_P(WorkersOfAStep, DoTheStepOfOne) {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  const Outcome one = StepIn(1, GetParam(), data.value());
  const Outcome three = StepIn(3, GetParam(), data.value());
  EXPECT_NEAR(three.report.total, one.report.total, 1e-4 * one.report.total);
  ASSERT_EQ(three.report.terms.size(), one.report.terms.size());
  for (size_t i = 0; i < one.report.terms.size(); ++i) {
    EXPECT_EQ(three.report.terms[i].first, one.report.terms[i].first);
    EXPECT_NEAR(three.report.terms[i].second, one.report.terms[i].second,
                2e-3 * std::abs(one.report.terms[i].second) + 1e-6)
        << one.report.terms[i].first;
  }
  for (size_t i = 0; i < one.gradients.size(); ++i) {
    const double error = (three.gradients[i] - one.gradients[i]).norm().item<double>();
    EXPECT_LT(error, 2e-3 * one.gradients[i].norm().item<double>() + 1e-6) << i;
  }
  // Adam's steps go by signs at first, and some gradients are rounding errors.
  for (size_t i = 0; i < one.learnt.size(); ++i) {
    const double error = (three.learnt[i] - one.learnt[i]).norm().item<double>();
    EXPECT_LT(error, 0.1 * one.learnt[i].norm().item<double>() + 1e-9) << i;
  }
}

TEST_P(WorkersOfAStep, GiveTheSameBitsEveryTime) {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  ASSERT_TRUE(data.ok());
  const Outcome first = StepIn(3, GetParam(), data.value());
  const Outcome again = StepIn(3, GetParam(), data.value());
  EXPECT_EQ(first.report.total, again.report.total);
  for (size_t i = 0; i < first.gradients.size(); ++i)
    EXPECT_TRUE(torch::equal(first.gradients[i], again.gradients[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Adversary, WorkersOfAStep, testing::Bool());

TEST(Workers, AreAsManyAsThreadsAndSamplesAllow) {
  EXPECT_EQ(Workers(1, 12).count(), 1);
  EXPECT_EQ(Workers(4, 3).count(), 3);
  EXPECT_EQ(Workers(2, 12).count(), 2);
}

TEST(Workers, SplitEverySampleOnceAndInOrder) {
  const Workers workers(3, 5);
  const auto batch = torch::arange(10).view({5, 2});
  EXPECT_TRUE(torch::equal(torch::cat(workers.Split(batch)), batch));
}

TEST(Workers, RunAllAndThrowWhatOneThrows) {
  Workers workers(3, 3);
  std::atomic<int> ran = 0;
  const auto run = [&](int worker) {
    ++ran;
    if (worker == 1) throw std::runtime_error("worker 1");
  };
  EXPECT_THROW(workers.Run(run), std::runtime_error);
  EXPECT_EQ(ran, 3);
  workers.Run([&](int) { ++ran; });  // and they are of use again
  EXPECT_EQ(ran, 6);
}

TEST(Workers, LeaveTheCallersThreadsAlone) {
  const int before = at::get_num_threads();
  {
    Workers workers(4, 4);
    workers.Run([](int) {});
    EXPECT_EQ(at::get_num_threads(), before);
  }
  EXPECT_EQ(at::get_num_threads(), before);
}

}  // namespace
}  // namespace quaver
