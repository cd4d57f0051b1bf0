#include "codec/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "codec/train/dropout.h"
#include "codec/train/validate.h"

namespace quaver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kMaxBadSteps = 50;

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

double Progress(const TrainingState& state) {
  const TrainingOptions& options = state.config.training;
  if (options.minutes > 0) return std::min(1.0, state.seconds / (60 * options.minutes));
  return std::min(1.0, static_cast<double>(state.step) / static_cast<double>(options.steps));
}

void SetLearningRate(torch::optim::AdamW& optimizer, double rate) {
  for (auto& group : optimizer.param_groups())
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
}

// The average follows faster at first, so that it does not remember the random start.
void UpdateAverage(TrainingState& state) {
  torch::NoGradGuard no_grad;
  const double step = static_cast<double>(state.step);
  const double decay = std::min(state.config.training.ema_decay, (1 + step) / (10 + step));
  const auto from = state.network->parameters();
  const auto to = state.average->parameters();
  for (size_t i = 0; i < to.size(); ++i) to[i].lerp_(from[i], 1 - decay);
}

// Decoded audio is late by the overlap of the synthesis window: compare it with the samples that it stands
// for.
LossTerms Compare(const ReconstructionLoss& loss, const torch::Tensor& crops, const torch::Tensor& output,
                  int delay) {
  return loss(crops.slice(1, 0, crops.size(1) - delay), output.slice(1, delay));
}

torch::Tensor Total(const LossOptions& options, const LossTerms& terms, const torch::Tensor& norm,
                    double progress) {
  const double waveform = options.waveform + progress * (options.waveform_end - options.waveform);
  return options.log_mel * terms.log_mel + options.convergence * terms.convergence +
         waveform * terms.waveform + options.norm * norm;
}

bool ClipAndStep(TrainingState& state, StepReport& report) {
  const auto parameters = state.network->parameters();
  report.gradient = torch::nn::utils::clip_grad_norm_(parameters, state.config.training.clip_norm);
  if (!std::isfinite(report.gradient)) return false;
  state.optimizer->step();
  return true;
}

}  // namespace

LoadOptions DataOptions(const TrainingConfig& config) {
  LoadOptions options;
  options.sample_rate = config.model.sample_rate;
  options.min_samples = static_cast<size_t>(4) * config.model.frame();
  options.leave_out = config.training.leave_out;
  return options;
}

double LearningRateFactor(const TrainingOptions& options, int64_t step, double progress) {
  double factor = 1;
  if (options.warmup_steps > 0) factor = std::min(1.0, static_cast<double>(step + 1) / options.warmup_steps);
  if (progress > options.decay_start && options.decay_start < 1) {
    const double decayed = 1 - std::sqrt((progress - options.decay_start) / (1 - options.decay_start));
    factor *= options.final_rate + (1 - options.final_rate) * decayed;
  }
  return factor;
}

StepReport TrainStep(TrainingState& state, const ReconstructionLoss& loss, const torch::Tensor& crops,
                     double progress) {
  const TrainingOptions& options = state.config.training;
  const Config& model = state.config.model;
  StepReport report;
  report.learning_rate = options.learning_rate * LearningRateFactor(options, state.step, progress);
  SetLearningRate(*state.optimizer, report.learning_rate);
  state.network->set_bf16(options.bf16);

  const Fsp bottleneck(model.bottleneck, options.fsp);
  const auto latents = state.network->Encode(crops);
  const auto quantised = bottleneck.Forward(latents, /*training=*/true, state.generator);
  const auto mask = DrawTokenMask(options.drop, static_cast<int>(crops.size(0)),
                                  static_cast<int>(latents.size(1)), model.bottleneck.groups, state.random);
  const auto kept = quantised.y * mask.to(crops.device()).repeat_interleave(model.bottleneck.dims(), -1);
  const auto output = state.network->Decode(kept);
  const LossTerms terms = Compare(loss, crops, output, model.overlap);
  const auto total = Total(options.loss, terms, quantised.norm_loss, progress);

  report.total = total.item<double>();
  report.log_mel = 20 * terms.log_mel.item<double>();
  report.convergence = terms.convergence.item<double>();
  report.waveform = terms.waveform.item<double>();
  report.norm = quantised.norm_loss.item<double>();
  report.accept = quantised.accept.item<double>();
  report.finite = std::isfinite(report.total);
  if (report.finite) {
    state.optimizer->zero_grad();
    total.backward();
    report.finite = ClipAndStep(state, report);
  }
  if (report.finite) {
    UpdateAverage(state);
  } else {
    ++state.bad_steps;
  }
  report.step = ++state.step;
  state.audio_seconds += static_cast<double>(crops.numel()) / model.sample_rate;
  return report;
}

Status Train(TrainingState& state, const Dataset& data, const Dataset& validation,
             const std::string& checkpoint_path, const TrainCallbacks& callbacks,
             const std::atomic<bool>& stop) {
  const TrainingOptions& options = state.config.training;
  const Config& model = state.config.model;
  const ReconstructionLoss loss(options.loss, model.sample_rate, torch::kCPU);
  const CropOptions crop{options.batch, options.crop_frames * model.frame(), options.low_level_db,
                         options.high_level_db, options.augment};
  auto last_checkpoint = Clock::now();
  const auto begin = Clock::now();
  const double audio_before = state.audio_seconds;

  while (Progress(state) < 1 && !stop) {
    const auto started = Clock::now();
    const double progress = Progress(state);
    StepReport report = TrainStep(state, loss, DrawCrops(data, crop, state.random), progress);
    state.seconds += Seconds(started);
    if (!report.finite) {
      callbacks.on_message("step " + std::to_string(report.step) +
                           ": the loss is not finite, the step is skipped");
      if (state.bad_steps > kMaxBadSteps)
        return Error{"training stopped: too many steps with a loss that is not finite"};
    }
    report.progress = Progress(state);
    report.audio_rate = (state.audio_seconds - audio_before) / Seconds(begin);
    report.seconds_left = state.seconds / std::max(1e-9, report.progress) * (1 - report.progress);
    callbacks.on_step(report);
    const bool due = options.validate_every > 0 && state.step % options.validate_every == 0;
    if (due && !validation.clips.empty() && Progress(state) < 1) {
      callbacks.on_validation(state.step, Validate(state, validation));
    }
    if (Seconds(last_checkpoint) > 60 * options.checkpoint_minutes) {
      const Status saved = SaveCheckpoint(state, checkpoint_path);
      if (!saved.ok()) callbacks.on_message(saved.message());  // a full disk now may have room later
      last_checkpoint = Clock::now();
    }
  }
  const Status saved = SaveCheckpoint(state, checkpoint_path);
  if (saved.ok() && !stop && !validation.clips.empty())
    callbacks.on_validation(state.step, Validate(state, validation));
  return saved;
}

}  // namespace quaver
