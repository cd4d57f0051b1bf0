// Losses that follow ESTOI and PESQ: what they must do with real speech.
#include "codec/train/perceptual_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "codec/io/sound_file.h"
#include "codec/metrics/estoi.h"
#include "codec/train/losses.h"
#include "tests/train/support.h"

namespace quaver {
namespace {

using torch::Tensor;

// [1, samples] of a clip.
const Tensor& Clip() {
  static const Tensor clip = [] {
    const auto sound = SoundReader::Open(QUAVER_SOURCE_DIR "/samples/en-librispeech-3699.flac").value();
    std::vector<float> samples(64000);
    samples.resize(sound->ReadMono(samples).value());
    return torch::tensor(samples).unsqueeze(0);
  }();
  return clip;
}

Tensor Noise(double level) {
  torch::manual_seed(3);
  return level * torch::randn_like(Clip());
}

double Metric(const Tensor& output) {
  const auto span = [](const Tensor& x) {
    return std::span(x.const_data_ptr<float>(), static_cast<size_t>(x.numel()));
  };
  return Estoi(span(Clip()), span(output.contiguous())).value();
}

using Loss = std::function<Tensor(const Tensor&, const Tensor&)>;

std::vector<std::pair<std::string, Loss>> Both() {
  return {{"estoi", IntelligibilityLoss(16000, torch::kCPU)},
          {"disturbance", DisturbanceLoss(16000, torch::kCPU)}};
}

TEST(PerceptualLoss, IsNoneForTheReferenceItselfAndGrowsWithNoise) {
  for (const auto& [name, loss] : Both()) {
    EXPECT_LT(loss(Clip(), Clip()).item<double>(), 1e-3) << name;
    double before = 0;
    for (const double level : {1e-3, 3e-3, 1e-2, 3e-2, 0.1}) {
      const double now = loss(Clip(), Clip() + Noise(level)).item<double>();
      EXPECT_GT(now, before + 0.01) << name << " " << level;
      before = now;
    }
  }
}

// At 16 instead of 10 kHz, silent frames weighted instead of cut out: near to the measure, not equal to it.
TEST(PerceptualLoss, IntelligibilityIsAboutEstoi) {
  const IntelligibilityLoss loss(16000, torch::kCPU);
  for (const double level : {3e-3, 1e-2, 3e-2, 0.1}) {
    const Tensor heard = Clip() + Noise(level);
    EXPECT_NEAR(1 - loss(Clip(), heard).item<double>(), Metric(heard), 0.05) << level;
  }
  EXPECT_GT(loss(Clip(), Noise(0.05)).item<double>(), 0.8);
  EXPECT_NEAR(loss(Clip(), 0.1 * Clip()).item<double>(), 0, 1e-3);  // as ESTOI, it does not hear the level
}

// What is asymmetric in PESQ: sound that was not there is worse than sound that is missing.
TEST(PerceptualLoss, AddedSoundDisturbsMoreThanMissingSound) {
  const DisturbanceLoss loss(16000, torch::kCPU);
  const auto tone = 0.02 * torch::sin(torch::arange(Clip().size(1)) * (2 * std::numbers::pi * 2800 / 16000));
  const Tensor with = Clip() + tone;
  EXPECT_GT(loss(Clip(), with).item<double>(), 1.5 * loss(with, Clip()).item<double>());
}

TEST(PerceptualLoss, DisturbanceDoesNotDependOnTheLevelOfBoth) {
  const DisturbanceLoss loss(16000, torch::kCPU);
  const Tensor heard = Clip() + Noise(0.01);
  const double expected = loss(Clip(), heard).item<double>();
  EXPECT_NEAR(loss(0.3 * Clip(), 0.3 * heard).item<double>(), expected, 0.01 * expected);
  EXPECT_GT(loss(Clip(), 0.5 * Clip()).item<double>(), 0.1);  // but on that of one of them
}

TEST(PerceptualLoss, SilenceAndItsGradientsAreFinite) {
  const Tensor silence = torch::zeros({2, 11520});
  for (const auto& [name, loss] : Both()) {
    for (const Tensor& reference : {silence, Clip().slice(1, 16000, 16000 + 11520).expand({2, -1})}) {
      for (const double level : {0.0, 1e-6, 1.0}) {
        const Tensor output = (level * torch::ones_like(silence)).requires_grad_();
        const Tensor value = loss(reference, output);
        value.backward();
        EXPECT_TRUE(std::isfinite(value.item<double>())) << name;
        EXPECT_TRUE(output.grad().isfinite().all().item<bool>()) << name;
      }
    }
  }
}

TEST(PerceptualLoss, TheGradientLeadsTowardsTheReference) {
  for (const auto& [name, loss] : Both()) {
    Tensor output = (Clip() + Noise(0.02)).detach();
    const double before = loss(Clip(), output).item<double>();
    for (int i = 0; i < 10; ++i) {
      const Tensor here = output.detach().requires_grad_();
      loss(Clip(), here).backward();
      const Tensor gradient = here.grad();
      output = (here - 0.3 * gradient / gradient.norm()).detach();
    }
    EXPECT_LT(loss(Clip(), output).item<double>(), 0.98 * before) << name;
  }
}

TEST(PerceptualLoss, TakesPartOnlyWithAWeight) {
  LossOptions options;
  const Tensor heard = Clip() + Noise(0.02);
  EXPECT_EQ(ReconstructionLoss(options, 16000, torch::kCPU)(Clip(), heard).disturbance.item<double>(), 0);
  options.estoi = 1;
  options.disturbance = 1;
  const LossTerms terms = ReconstructionLoss(options, 16000, torch::kCPU)(Clip(), heard);
  EXPECT_DOUBLE_EQ(terms.estoi.item<double>(),
                   IntelligibilityLoss(16000, torch::kCPU)(Clip(), heard).item<double>());
  EXPECT_DOUBLE_EQ(terms.disturbance.item<double>(),
                   DisturbanceLoss(16000, torch::kCPU)(Clip(), heard).item<double>());
}

}  // namespace
}  // namespace quaver
