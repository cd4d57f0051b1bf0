#include "codec/train/spectrum_op.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "codec/train/batches.h"
#include "codec/train/data/load.h"
#include "codec/train/losses.h"
#include "codec/train/network.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

using torch::Tensor;

Tensor Speech(int64_t samples) {
  const auto data = LoadDataset(Samples(), LoadOptions{});
  if (!data.ok()) return {};
  return DrawBatch(data.value(), {3, static_cast<int>(samples), -25, -25, {}}, 2, 0, 3).crops;
}

double Distance(const Tensor& a, const Tensor& b) {
  const Tensor x = a.detach().to(torch::kDouble);
  const Tensor y = b.detach().to(torch::kDouble);
  return ((x - y).norm() / y.norm()).item<double>();
}

struct Terms {
  std::vector<Tensor> values;
  std::vector<Tensor> gradients;  // by the output
};

Terms Gradients(const LossTerms& terms, const Tensor& output) {
  Terms out;
  out.values = {terms.log_mel, terms.convergence, terms.waveform};
  for (const Tensor& value : out.values) {
    out.gradients.push_back(
        torch::autograd::grad({value}, {output}, {}, /*retain_graph=*/true, /*create_graph=*/false)[0]);
  }
  return out;
}

// One silent crop among the others: its floors count.
TEST(SpectrumOp, LossesAreTheComposedOnes) {
  Tensor reference = Speech(8000 - 80);
  ASSERT_TRUE(reference.defined());
  reference[1] *= 1e-4;
  torch::manual_seed(1);
  const Tensor output = reference * 0.8 + 0.01 * torch::randn_like(reference);
  LossOptions options;
  options.fft_sizes = {64, 256, 2048};
  const ReconstructionLoss loss(options, 16000, torch::kCPU);
  const Tensor x = output.clone().requires_grad_(true);
  const Tensor y = output.to(torch::kDouble).requires_grad_(true);
  const Terms fused = Gradients(loss(reference, x), x);
  const Terms exact = Gradients(loss.Composed(reference.to(torch::kDouble), y), y);
  for (size_t i = 0; i < fused.values.size(); ++i) {
    EXPECT_LT(Distance(fused.values[i], exact.values[i]), 1e-5) << i;
    EXPECT_LT(Distance(fused.gradients[i], exact.gradients[i]), 1e-4) << i;
  }
}

TEST(SpectrumOp, EqualSignalsHaveNoLossAndNoGradient) {
  const Tensor reference = Speech(6400);
  ASSERT_TRUE(reference.defined());
  const ReconstructionLoss loss(LossOptions{}, 16000, torch::kCPU);
  const Tensor x = reference.clone().requires_grad_(true);
  const Terms terms = Gradients(loss(reference, x), x);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(terms.values[i].item<float>(), 0) << i;
    EXPECT_EQ(terms.gradients[i].abs().max().item<float>(), 0) << i;
  }
}

TEST(SpectrumOp, LossOfWhatIsNotFiniteIsNotFinite) {
  const Tensor reference = Speech(6400);
  ASSERT_TRUE(reference.defined());
  const ReconstructionLoss loss(LossOptions{}, 16000, torch::kCPU);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Tensor output = reference.clone();
    output[2][999] = bad;
    const LossTerms terms = loss(reference, output);
    EXPECT_FALSE(std::isfinite(terms.log_mel.item<float>()));
    EXPECT_FALSE(std::isfinite(terms.convergence.item<float>()));
  }
}

struct NetworkRun {
  Tensor latents;
  Tensor output;
  std::vector<Tensor> gradients;
};

NetworkRun RunNetwork(TorchNetwork& network, const Tensor& samples) {
  NetworkRun run;
  run.latents = network->Encode(samples);
  run.output = network->Decode(torch::tanh(run.latents));
  torch::manual_seed(4);
  const Tensor slope = torch::randn(run.output.sizes(), torch::kDouble).to(run.output.scalar_type());
  run.gradients = torch::autograd::grad({(run.output * slope).sum()}, network->parameters());
  return run;
}

// Every operation of the network with its own kernels against LibTorch's in double precision.
TEST(SpectrumOp, TheNetworkIsTheComposedOneWithItsGradients) {
  const Tensor samples = Speech(6400);
  ASSERT_TRUE(samples.defined());
  torch::manual_seed(3);
  TorchNetwork network(SmallConfig());
  TorchNetwork exact(SmallConfig());
  LoadTensors(*exact, ReadTensors(*network));
  exact->to(torch::kDouble);
  const NetworkRun ours = RunNetwork(network, samples);
  const NetworkRun theirs = RunNetwork(exact, samples.to(torch::kDouble));
  ASSERT_EQ(theirs.output.scalar_type(), torch::kDouble);
  EXPECT_LT(Distance(ours.latents, theirs.latents), 1e-5);
  EXPECT_LT(Distance(ours.output, theirs.output), 1e-5);
  for (size_t i = 0; i < ours.gradients.size(); ++i)
    EXPECT_LT(Distance(ours.gradients[i], theirs.gradients[i]), 1e-5) << i;
}

// The gradient through the limit of the magnitude, and phases far from zero.
TEST(SpectrumOp, SynthesisBeyondItsLimitsIsBounded) {
  torch::manual_seed(7);
  const Tensor window = torch::ones({24});
  Tensor polar = torch::randn({2, 5, 26});
  polar.slice(2, 13) *= 50;
  polar[0][1][3] = 200;
  polar[1][2][0] = -300;
  polar.requires_grad_(true);
  const Tensor y = PolarSynthesis(polar, window, 16, 100);
  EXPECT_TRUE(y.isfinite().all().item<bool>());
  EXPECT_LT(y.abs().max().item<float>(), 2 * 100 * 26);
  const Tensor gradient = torch::autograd::grad({y.square().sum()}, {polar})[0];
  EXPECT_EQ(gradient[0][1][3].item<float>(), 0);
  EXPECT_NE(gradient[0][1][3 + 13].item<float>(), 0);

  Tensor bad = polar.detach().clone();
  bad[0][2][4] = std::numeric_limits<float>::quiet_NaN();
  bad[1][2][4 + 13] = std::numeric_limits<float>::infinity();
  const Tensor lost = PolarSynthesis(bad, window, 16, 100);
  EXPECT_FALSE(lost[0].isfinite().all().item<bool>());
  EXPECT_FALSE(lost[1].isfinite().all().item<bool>());
}

// LibTorch's own products may change with the number of threads, on some processors; ours may not.
TEST(SpectrumOp, ThreadsChangeNoBit) {
  const Tensor reference = Speech(6400);
  ASSERT_TRUE(reference.defined());
  const ReconstructionLoss loss(LossOptions{}, 16000, torch::kCPU);
  torch::manual_seed(3);
  const Tensor window = torch::hann_window(24);
  const Tensor noise = torch::randn({reference.size(0), 400, 26}) - 3;
  const int before = at::get_num_threads();
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    const Tensor polar = noise.clone().requires_grad_(true);
    const Tensor decoded = PolarSynthesis(polar, window, 16, 100);
    Terms terms = Gradients(loss(reference, decoded), polar);
    terms.values.push_back(decoded.detach());
    terms.values.push_back(StftFeatures(reference, window, 16, 1e-6, /*bf16=*/false));
    const Tensor spectrum = CompressedSpectrum(decoded, torch::hann_window(256), 1e-6, -0.35);
    terms.values.push_back(spectrum.detach());
    terms.gradients.push_back(torch::autograd::grad({spectrum}, {polar}, {spectrum.detach()})[0]);
    return terms;
  };
  const Terms one = run(1);
  const Terms two = run(2);
  at::set_num_threads(before);
  ASSERT_GT(one.gradients[0].abs().max().item<float>(), 0);
  for (size_t i = 0; i < one.values.size(); ++i) EXPECT_TRUE(torch::equal(one.values[i], two.values[i])) << i;
  for (size_t i = 0; i < one.gradients.size(); ++i)
    EXPECT_TRUE(torch::equal(one.gradients[i], two.gradients[i])) << i;
}

// Value and gradient against LibTorch's operations one by one in fp64; silence too, where the floor counts.
TEST(SpectrumOp, CompressedSpectrumIsTheComposedOne) {
  constexpr double kFloor = 1e-6;
  constexpr double kExponent = -0.35;
  Tensor signal = Speech(8000 - 80);
  ASSERT_TRUE(signal.defined());
  signal[1] *= 1e-4;
  torch::manual_seed(1);
  for (const int64_t size : {64, 256, 1024}) {
    const Tensor window = torch::hann_window(size);
    const auto compose = [&](const Tensor& x) {
      const Tensor spectrum =
          torch::view_as_real(torch::stft(x, size, size / 4, size, window.to(x.scalar_type()), true,
                                          "reflect", false, true, true))
              .slice(1, 0, size / 2)
              .transpose(1, 2);
      const Tensor gain = (spectrum.square().sum(-1, true) + kFloor).pow(kExponent);
      return (spectrum * gain).permute({0, 3, 1, 2});
    };
    const Tensor x = signal.clone().requires_grad_(true);
    const Tensor y = signal.to(torch::kDouble).requires_grad_(true);
    const Tensor fused = CompressedSpectrum(x, window, kFloor, kExponent);
    const Tensor composed = compose(y);
    ASSERT_EQ(fused.sizes(), composed.sizes());
    EXPECT_TRUE(fused.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_LT(Distance(fused, composed), 1e-5) << size;
    const Tensor weights = torch::randn_like(composed);
    const Tensor of_fused = torch::autograd::grad({(fused * weights.to(torch::kFloat)).sum()}, {x})[0];
    const Tensor of_composed = torch::autograd::grad({(composed * weights).sum()}, {y})[0];
    for (int64_t i = 0; i < signal.size(0); ++i)
      EXPECT_LT(Distance(of_fused[i], of_composed[i]), 1e-4) << size << " " << i;
  }
}

}  // namespace
}  // namespace quaver
