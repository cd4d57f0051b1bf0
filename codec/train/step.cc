#include "codec/train/step.h"

#include <algorithm>
#include <cmath>

#include "codec/train/bottlenecks/fsp.h"
#include "codec/train/dropout.h"
#include "codec/train/random.h"
#include "codec/train/schedule.h"

namespace quaver {
namespace {

using TorchTensor = torch::Tensor;

// What the network made of a batch.
struct Pass {
  TorchTensor reference;  // [batch, samples]: decoded audio is late by the overlap of the synthesis window,
                          // so both are
  TorchTensor decoded;  // cut to the samples that stand for each other
  BottleneckOutput bottleneck;
};

Pass Forward(TrainingState& state, const Batch& batch, const TorchTensor& crops) {
  const TrainingOptions& options = state.config.training;
  const Config& model = state.config.model;
  state.network->set_bf16(options.bf16);
  const int count = static_cast<int>(crops.size(0));
  const TorchTensor latents = state.network->Encode(crops);
  const BatchRandom noise(options.seed, batch.first_sample, count);
  Pass pass;
  pass.bottleneck = Fsp(model.bottleneck, options.fsp).Forward(latents, noise);
  const TorchTensor mask = DrawTokenMasks(options.drop, options.seed, batch.first_sample, count,
                                          static_cast<int>(latents.size(1)), model.bottleneck.groups);
  const TorchTensor kept =
      pass.bottleneck.y * mask.to(crops.device()).repeat_interleave(model.bottleneck.dims(), -1);
  pass.reference = crops.slice(1, 0, crops.size(1) - model.overlap);
  pass.decoded = state.network->Decode(kept).slice(1, model.overlap);
  return pass;
}

TorchTensor Reconstruction(const LossOptions& options, const LossTerms& terms, double progress) {
  const double waveform = options.waveform + progress * (options.waveform_end - options.waveform);
  return options.log_mel * terms.log_mel + options.convergence * terms.convergence +
         waveform * terms.waveform;
}

void UpdateDiscriminators(Adversary& adversary, const TorchTensor& loss, double learning_rate) {
  const auto parameters = adversary.discriminators->parameters();
  const auto gradients = torch::autograd::grad({loss}, parameters, {}, /*retain_graph=*/true);
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i].mutable_grad() = gradients[i];
  const double norm = adversary.optimizer->GradientNorm();
  if (std::isfinite(norm)) adversary.optimizer->Step(learning_rate);
  adversary.optimizer->ZeroGrad();
}

// The gradient of reconstruction, adversarial and feature terms at the decoded samples. The discriminators
// are updated with the same forward pass.
TorchTensor AdversarialGradient(TrainingState& state, const Pass& pass, const TorchTensor& reconstruction,
                                StepReport& report) {
  Adversary& adversary = *state.adversary;
  const AdversaryOptions& options = state.config.training.adversary;
  const bool learns = state.step % options.every == 0;
  const bool felt = state.step >= options.start_step;
  adversary.discriminators->set_bf16(state.config.training.bf16);
  Judgement recorded;
  {
    const torch::AutoGradMode with_graph(learns);
    recorded = adversary.discriminators(pass.reference);
  }
  const Judgement decoded = adversary.discriminators(felt ? pass.decoded : pass.decoded.detach());
  if (learns) {
    const TorchTensor loss = DiscriminatorLoss(recorded, decoded);
    report.terms.emplace_back("discriminator", loss.item<double>());
    UpdateDiscriminators(adversary, loss,
                         options.learning_rate * report.learning_rate / state.config.training.learning_rate);
  }
  const auto gradient = [&](const TorchTensor& loss) {
    return torch::autograd::grad({loss}, {pass.decoded}, {}, /*retain_graph=*/true)[0];
  };
  std::vector<Balancer::Term> terms = {{"reconstruction", gradient(reconstruction), 1}};
  if (felt) {
    const TorchTensor adversarial = AdversarialLoss(decoded);
    const TorchTensor features = FeatureLoss(recorded, decoded);
    report.terms.emplace_back("adversarial", adversarial.item<double>());
    report.terms.emplace_back("features", features.item<double>());
    if (options.adversarial > 0) terms.push_back({"adversarial", gradient(adversarial), options.adversarial});
    if (options.features > 0) terms.push_back({"features", gradient(features), options.features});
  }
  return adversary.balancer.Combine(terms);
}

bool ClipAndStep(TrainingState& state, StepReport& report) {
  const double norm = state.optimizer->GradientNorm();
  report.terms.emplace_back("gradient", norm);
  if (!std::isfinite(norm)) return false;
  state.optimizer->Step(report.learning_rate, ClipScale(norm, state.config.training.clip_norm));
  return true;
}

// The average follows faster at first, so that it does not remember the random start.
void UpdateAverage(TrainingState& state) {
  const double step = static_cast<double>(state.step);
  const double decay = std::min(state.config.training.ema_decay, (1 + step) / (10 + step));
  Follow(state.average->parameters(), state.network->parameters(), 1 - decay);
}

bool Update(TrainingState& state, const Pass& pass, const TorchTensor& reconstruction, StepReport& report) {
  const TorchTensor norm = state.config.training.loss.norm * pass.bottleneck.norm_loss;
  state.optimizer->ZeroGrad();
  if (state.adversary) {
    const TorchTensor gradient = AdversarialGradient(state, pass, reconstruction, report);
    torch::autograd::backward({pass.decoded, norm}, {gradient, torch::ones_like(norm)});
  } else {
    (reconstruction + norm).backward();
  }
  if (!ClipAndStep(state, report)) return false;
  UpdateAverage(state);
  return true;
}

}  // namespace

StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const Batch& batch,
                     double progress) {
  const TrainingOptions& options = state.config.training;
  StepReport report;
  report.learning_rate = options.learning_rate * LearningRateFactor(options, state.step, progress);
  const TorchTensor crops = batch.crops.to(state.device);
  const Pass pass = Forward(state, batch, crops);
  const LossTerms terms = loss(pass.reference, pass.decoded);
  const TorchTensor reconstruction = Reconstruction(options.loss, terms, progress);
  // One copy from the device for all of them.
  const TorchTensor values = torch::stack({reconstruction, terms.log_mel, terms.convergence, terms.waveform,
                                           pass.bottleneck.norm_loss, pass.bottleneck.accept})
                                 .detach()
                                 .to(torch::kCPU, torch::kDouble);
  const auto value = [&](int64_t i) { return values[i].item<double>(); };
  report.total = value(0) + options.loss.norm * value(4);
  report.terms = {{"log_mel_db", 20 * value(1)},
                  {"convergence", value(2)},
                  {"waveform", value(3)},
                  {"norm", value(4)},
                  {"accept", value(5)}};
  report.finite = std::isfinite(report.total) && Update(state, pass, reconstruction, report);
  if (!report.finite) ++state.bad_steps;
  report.step = ++state.step;
  state.samples += crops.size(0);
  state.audio_seconds += static_cast<double>(crops.numel()) / state.config.model.sample_rate;
  return report;
}

}  // namespace quaver
