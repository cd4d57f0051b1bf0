// What runs otherwise on a GPU: the same results as on the CPU. Skipped where there is none.
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <numeric>

#include "codec/train/bottlenecks/nearest.h"
#include "codec/train/random.h"
#include "codec/train/step.h"
#include "codec/train/trainer.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

using torch::Tensor;

const torch::Device kGpu(torch::kCUDA, 0);

class Gpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU, or a LibTorch without CUDA";
  }
};

double Distance(const Tensor& gpu, const Tensor& cpu) {
  return ((gpu.cpu() - cpu).norm() / cpu.norm().clamp_min(1e-12)).item<double>();
}

Tensor Speech(const Dataset& data, int count, int samples) {
  return DrawBatch(data, {count, samples, -30, -20, {}}, 1, 0, count).crops;
}

TrainingConfig Everything(const std::string& type) {
  TrainingConfig config = SmallTraining();
  config.model.bottleneck.type = type;
  if (type == "vp") {
    config.model.bottleneck.codebook_size = 64;
  }
  config.training.crop_frames = 40;
  return config;
}

TEST_F(Gpu, NoiseIsTheCountedOneOfEachSample) {
  const BatchRandom random(3, 10, 4);
  const Tensor first = random.Uniform({4, 5, 6}, kGpu);
  const Tensor second = random.Uniform({4, 7}, kGpu);
  for (int i = 0; i < 4; ++i) {
    const auto seed = static_cast<int64_t>(SampleSeed(3, 10 + i, Draw::kNoise));
    const Tensor numbers = CountedUniform(torch::tensor({seed}, torch::kInt64), 0, 37)[0];
    EXPECT_TRUE(torch::equal(first[i].flatten().cpu(), numbers.slice(0, 0, 30)));
    EXPECT_TRUE(torch::equal(second[i].cpu(), numbers.slice(0, 30)));
  }
}

TEST_F(Gpu, NearestDistancesAreThoseOfTheCpu) {
  torch::manual_seed(1);
  for (const int dims : {3, 4, 5}) {
    const Tensor points = torch::randn({5000, dims});
    const Tensor queries = torch::cat({torch::randn({300, dims}), points.slice(0, 0, 20)});
    for (const auto& ranks : {std::vector<int>{1}, {8, 64}, {2, 33, 128}, {200, 1000}}) {
      const Tensor there = NearestDistances(queries.to(kGpu), points.to(kGpu), ranks).cpu();
      EXPECT_TRUE(torch::allclose(there, NearestDistances(queries, points, ranks), 1e-4, 1e-5)) << dims;
    }
  }
}

TEST_F(Gpu, NetworkLossesAndGradientsAreThoseOfTheCpu) {
  const Dataset data = std::move(LoadDataset(Samples(), LoadOptions{})).value();
  const TrainingConfig config = Everything("fsp");
  TrainingState cpu(config);
  const Tensor crops = Speech(data, 3, 40 * config.model.frame());
  const auto gradients = [&](TorchNetwork network, torch::Device device) {
    network->to(device);
    network->zero_grad();
    const Tensor samples = crops.to(device);
    const Tensor decoded = network->Decode(network->Encode(samples)).slice(1, config.model.overlap);
    const Tensor reference = samples.slice(1, 0, samples.size(1) - config.model.overlap);
    const ReconstructionLoss loss(config.training.loss, config.model.sample_rate, device);
    const LossTerms terms = loss(reference, decoded);
    const Tensor total = 24 * terms.log_mel + terms.convergence + terms.waveform;
    total.backward();
    std::vector<Tensor> out = {total.detach().cpu(), decoded.detach().cpu()};
    for (const Tensor& parameter : network->parameters()) out.push_back(parameter.grad().cpu().clone());
    return out;
  };
  const auto here = gradients(cpu.network, torch::kCPU);
  const auto there = gradients(cpu.network, kGpu);
  ASSERT_EQ(here.size(), there.size());
  EXPECT_LT(Distance(there[0], here[0]), 1e-4);
  EXPECT_LT(Distance(there[1], here[1]), 1e-3);
  for (size_t i = 2; i < here.size(); ++i)
    EXPECT_LT(Distance(there[i], here[i]), 2e-2) << "parameter " << i - 2;
}

class GpuTraining : public Gpu, public testing::WithParamInterface<std::string> {};

TEST_P(GpuTraining, LearnsAndItsCheckpointLoadsOnTheCpu) {
  const Dataset data = std::move(LoadDataset(Samples(), LoadOptions{})).value();
  TrainingConfig config = Everything(GetParam());
  config.training.bf16 = GetParam() == "fsp";
  config.training.adversary.adversarial = 0.3;
  config.training.adversary.features = 0.5;
  config.training.steps = 60;
  TrainingState state(config, kGpu);
  const TemporaryFolder folder("quaver_gpu_test");
  std::vector<double> losses;
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& report) { losses.push_back(report.total); };
  callbacks.on_validation = [](int64_t, const ValidationResult&) {};
  callbacks.on_message = [](const std::string& message) { ADD_FAILURE() << message; };
  const std::atomic<bool> stop{false};
  const RunFolder run(folder.str(), 1);
  const Status trained = Train(state, data, Dataset{}, run, callbacks, stop);
  ASSERT_TRUE(trained.ok()) << trained.message();
  ASSERT_EQ(losses.size(), 60u);
  const auto mean = [&](size_t from) {
    return std::accumulate(losses.begin() + static_cast<std::ptrdiff_t>(from),
                           losses.begin() + static_cast<std::ptrdiff_t>(from + 10), 0.0) /
           10;
  };
  EXPECT_LT(mean(50), 0.95 * mean(0));
  const auto loaded = LoadCheckpoint(run.Checkpoints().front(), torch::kCPU);
  ASSERT_TRUE(loaded.ok()) << loaded.message();
  const auto here = loaded.value()->average->parameters(), there = state.average->parameters();
  for (size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(torch::equal(here[i], there[i].cpu()));
}

INSTANTIATE_TEST_SUITE_P(Types, GpuTraining, testing::Values("fsp", "vp"),
                         [](const auto& type) { return type.param; });

}  // namespace
}  // namespace quaver
