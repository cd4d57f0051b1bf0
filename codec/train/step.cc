#include "codec/train/step.h"

#include <algorithm>
#include <cmath>

#include "codec/train/bottlenecks/bottleneck.h"
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
  TorchTensor decoded;    // cut to the samples that stand for each other
  BottleneckOutput bottleneck;
};

// [batch, frames], 1 where the crops [batch, frames * frame] are louder than digital silence.
TorchTensor Audible(const TorchTensor& crops, int frame) {
  constexpr double kSilence = 1e-4;  // -80 dBFS
  return (crops.unflatten(1, {-1, frame}).abs().amax(-1) > kSilence).to(torch::kFloat);
}

Pass Forward(TrainingState& state, const Batch& batch, const TorchTensor& crops, Group& group) {
  const TrainingOptions& options = state.config.training;
  const Config& model = state.config.model;
  state.network->set_bf16(options.bf16);
  const int count = static_cast<int>(crops.size(0));
  const TorchTensor latents = state.network->Encode(crops);
  const BatchRandom noise(options.seed, batch.first_sample, count);
  Pass pass;
  const TorchTensor mask = DrawTokenMasks(options.drop, options.seed, batch.first_sample, count,
                                          static_cast<int>(latents.size(1)), model.bottleneck.groups)
                               .to(crops.device());
  pass.bottleneck = state.bottleneck->Forward({latents, mask, Audible(crops, model.frame()), noise, &group});
  const TorchTensor kept = pass.bottleneck.y * mask.repeat_interleave(model.bottleneck.dims(), -1);
  pass.reference = crops.slice(1, 0, crops.size(1) - model.overlap);
  pass.decoded = state.network->Decode(kept).slice(1, model.overlap);
  return pass;
}

TorchTensor Reconstruction(const LossOptions& options, const LossTerms& terms, double progress) {
  const double waveform = options.waveform + progress * (options.waveform_end - options.waveform);
  return options.log_mel * terms.log_mel + options.convergence * terms.convergence +
         waveform * terms.waveform;
}

void UpdateDiscriminators(Adversary& adversary, const TorchTensor& loss, double learning_rate,
                          GradientSum& gradients) {
  gradients.Begin();
  torch::autograd::backward({loss}, {}, /*retain_graph=*/true, /*create_graph=*/false,
                            adversary.discriminators->parameters());
  gradients.Finish();
  const double norm = adversary.optimizer->GradientNorm();
  if (std::isfinite(norm)) adversary.optimizer->Step(learning_rate);
  adversary.optimizer->ZeroGrad();
}

// The gradient of reconstruction, adversarial and feature terms at the decoded samples. The discriminators
// are updated with the same forward pass.
TorchTensor AdversarialGradient(TrainingState& state, const Pass& pass, const TorchTensor& reconstruction,
                                StepReport& report, DataParallel& peers) {
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
  std::vector<std::pair<std::string, double>> own;  // of this rank
  const Judgement decoded = adversary.discriminators(felt ? pass.decoded : pass.decoded.detach());
  if (learns) {
    const TorchTensor loss = DiscriminatorLoss(recorded, decoded);
    own.emplace_back("discriminator", loss.item<double>());
    UpdateDiscriminators(adversary, loss,
                         options.learning_rate * report.learning_rate / state.config.training.learning_rate,
                         *peers.discriminators);
  }
  const auto gradient = [&](const TorchTensor& loss) {
    return torch::autograd::grad({loss}, {pass.decoded}, {}, /*retain_graph=*/true)[0];
  };
  std::vector<Balancer::Term> terms = {{"reconstruction", gradient(reconstruction), 1}};
  if (felt) {
    const TorchTensor adversarial = AdversarialLoss(decoded);
    const TorchTensor features = FeatureLoss(recorded, decoded);
    own.emplace_back("adversarial", adversarial.item<double>());
    own.emplace_back("features", features.item<double>());
    if (options.adversarial > 0) terms.push_back({"adversarial", gradient(adversarial), options.adversarial});
    if (options.features > 0) terms.push_back({"features", gradient(features), options.features});
  }
  std::vector<double> values;
  for (const auto& [name, value] : own) values.push_back(value);
  values = peers.Mean(values);
  for (size_t i = 0; i < own.size(); ++i) report.terms.emplace_back(own[i].first, values[i]);
  return adversary.balancer.Combine(terms, [&](const TorchTensor& norms) { return peers.Mean(norms); });
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

bool Update(TrainingState& state, const Pass& pass, const TorchTensor& reconstruction, StepReport& report,
            DataParallel& peers) {
  const TorchTensor norm = state.config.training.loss.norm * pass.bottleneck.loss;
  if (state.adversary) {
    const TorchTensor gradient = AdversarialGradient(state, pass, reconstruction, report, peers);
    peers.network.Begin();
    torch::autograd::backward({pass.decoded, norm}, {gradient, torch::ones_like(norm)});
  } else {
    peers.network.Begin();
    (reconstruction + norm).backward();
  }
  peers.network.Finish();
  if (!ClipAndStep(state, report)) return false;
  UpdateAverage(state);
  return true;
}

}  // namespace

StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const Batch& batch,
                     double progress) {
  const auto alone = Group::Alone();
  DataParallel peers(*alone, state);
  return TrainStep(state, loss, batch, progress, peers);
}

StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const Batch& batch,
                     double progress, DataParallel& peers) {
  const TrainingOptions& options = state.config.training;
  StepReport report;
  report.learning_rate = options.learning_rate * LearningRateFactor(options, state.step, progress);
  const TorchTensor crops = batch.crops.to(state.device);
  const Pass pass = Forward(state, batch, crops, peers.group);
  const LossTerms terms = loss(pass.reference, pass.decoded);
  const TorchTensor reconstruction = Reconstruction(options.loss, terms, progress);
  // One copy from the device for all of them.
  std::vector<TorchTensor> scalars = {reconstruction, terms.log_mel, terms.convergence, terms.waveform,
                                      pass.bottleneck.loss};
  for (const auto& [name, scalar] : pass.bottleneck.watch) scalars.push_back(scalar);
  const TorchTensor own = torch::stack(scalars).detach().to(torch::kCPU, torch::kDouble);
  report.own_finite = own.isfinite().all().item<bool>();
  const TorchTensor values = peers.Mean(own);  // all ranks decide alike
  const auto value = [&](int64_t i) { return values[i].item<double>(); };
  report.total = value(0) + options.loss.norm * value(4);
  report.terms = {
      {"log_mel_db", 20 * value(1)}, {"convergence", value(2)}, {"waveform", value(3)}, {"norm", value(4)}};
  for (size_t i = 0; i < pass.bottleneck.watch.size(); ++i)
    report.terms.emplace_back(pass.bottleneck.watch[i].first, value(5 + static_cast<int64_t>(i)));
  report.finite = std::isfinite(report.total) && Update(state, pass, reconstruction, report, peers);
  state.bottleneck->EndStep(&peers.group);
  if (!report.finite) ++state.bad_steps;
  report.step = ++state.step;
  state.samples += crops.size(0) * peers.group.size();
  state.audio_seconds +=
      static_cast<double>(crops.numel() * peers.group.size()) / state.config.model.sample_rate;
  return report;
}

}  // namespace quaver
