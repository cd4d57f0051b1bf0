#include "codec/train/step.h"

#include <algorithm>
#include <cmath>

#include "codec/train/adversarial_pass.h"
#include "codec/train/generator_pass.h"
#include "codec/train/schedule.h"
#include "codec/train/worker_gradients.h"
#include "codec/train/worker_loss.h"

namespace quaver {
namespace {

using TorchTensor = torch::Tensor;

bool ClipAndStep(TrainingState& state, StepReport& report, Workers& workers) {
  const double norm = state.optimizer->GradientNorm(&workers);
  report.terms.emplace_back("gradient", norm);
  if (!std::isfinite(norm)) return false;
  state.optimizer->Step(report.learning_rate, ClipScale(norm, state.config.training.clip_norm), &workers);
  return true;
}

// The average follows faster at first, so that it does not remember the random start.
void UpdateAverage(TrainingState& state, Workers& workers) {
  const double step = static_cast<double>(state.step);
  const double decay = std::min(state.config.training.ema_decay, (1 + step) / (10 + step));
  Follow(state.average->parameters(), state.network->parameters(), 1 - decay, &workers);
}

bool Update(TrainingState& state, GeneratorPass& pass, std::vector<TorchTensor> at_decoded,
            StepReport& report, DataParallel& peers, Workers& workers) {
  if (state.adversary) {
    const double rate = report.learning_rate / state.config.training.learning_rate;
    AdversarialResult result = AdversarialPass(state, pass.parts(), at_decoded, rate, peers, workers);
    report.terms.insert(report.terms.end(), result.terms.begin(), result.terms.end());
    at_decoded = std::move(result.at_decoded);
  }
  WorkerGradients gradients(workers, peers.network);
  pass.Backward(at_decoded, state.config.training.loss.norm, gradients);
  gradients.Finish();
  if (!ClipAndStep(state, report, workers)) return false;
  UpdateAverage(state, workers);
  return true;
}

}  // namespace

StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const CropBatch& batch,
                     double progress) {
  const auto alone = Group::Alone();
  DataParallel peers(*alone, state);
  Workers workers(1, 1);
  return TrainStep(state, loss, batch, progress, peers, workers);
}

StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const CropBatch& batch,
                     double progress, DataParallel& peers, Workers& workers) {
  const TrainingOptions& options = state.config.training;
  StepReport report;
  report.learning_rate = options.learning_rate * LearningRateFactor(options, state.step, progress);
  const TorchTensor crops = batch.crops.to(state.device);
  GeneratorPass pass(state, workers);
  pass.Forward(batch, crops, peers.group);
  const BottleneckOutput& bottleneck = pass.bottleneck();
  std::vector<TorchTensor> shares, at_decoded;
  for (const WorkerLoss& worker : LossesOf(pass, loss, options.loss, progress, workers)) {
    shares.push_back(worker.values);
    at_decoded.push_back(worker.at_decoded);
  }
  std::vector<TorchTensor> scalars = {bottleneck.loss.detach()};
  for (const auto& [name, scalar] : bottleneck.watch) scalars.push_back(scalar.detach());
  // One copy from the device for all of them.
  const TorchTensor own =
      torch::cat({torch::stack(shares).sum(0), torch::stack(scalars)}).to(torch::kCPU, torch::kDouble);
  report.own_finite = own.isfinite().all().item<bool>();
  const TorchTensor values = peers.Mean(own);  // all ranks decide alike
  const auto value = [&](int64_t i) { return values[i].item<double>(); };
  report.total = value(0) + options.loss.norm * value(4);
  report.terms = {
      {"log_mel_db", 20 * value(1)}, {"convergence", value(2)}, {"waveform", value(3)}, {"norm", value(4)}};
  for (size_t i = 0; i < bottleneck.watch.size(); ++i)
    report.terms.emplace_back(bottleneck.watch[i].first, value(5 + static_cast<int64_t>(i)));
  report.finite = std::isfinite(report.total) && Update(state, pass, at_decoded, report, peers, workers);
  state.bottleneck->EndStep(&peers.group);
  if (!report.finite) ++state.bad_steps;
  report.step = ++state.step;
  state.samples += crops.size(0) * peers.group.size();
  state.audio_seconds +=
      static_cast<double>(crops.numel() * peers.group.size()) / state.config.model.sample_rate;
  return report;
}

}  // namespace quaver
