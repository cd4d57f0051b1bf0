#include "codec/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "codec/train/schedule.h"
#include "codec/train/validate.h"

namespace quaver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxNamed = 4;  // files that a message about a batch names

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

std::string Describe(const Batch& batch) {
  std::string text;
  for (size_t i = 0; i < std::min(kMaxNamed, batch.sources.size()); ++i)
    text += (i == 0 ? "" : ", ") + batch.sources[i];
  if (batch.sources.size() > kMaxNamed)
    text += " and " + std::to_string(batch.sources.size() - kMaxNamed) + " more";
  return text;
}

double MeanEstoi(const std::string& scores) {
  const auto json = nlohmann::json::parse(scores);
  double sum = 0;
  for (const auto& entry : json) sum += entry["estoi"].get<double>();
  return json.empty() ? 0 : sum / static_cast<double>(json.size());
}

// A run on its way: what the loop's parts share.
class Loop {
 public:
  Loop(TrainingState& state, const Dataset& validation, const RunFolder& folder,
       const TrainCallbacks& callbacks)
      : state_(state), validation_(validation), folder_(folder), callbacks_(callbacks) {}

  Status Run(const Dataset& data, const std::atomic<bool>& stop);

 private:
  Status Step(const ReconstructionLoss& loss, BatchLoader& loader);
  void ValidateNow();
  Status Save();

  TrainingState& state_;
  const Dataset& validation_;
  const RunFolder& folder_;
  const TrainCallbacks& callbacks_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_checkpoint_ = begin_;
  const double audio_before_ = state_.audio_seconds;
};

Status Loop::Step(const ReconstructionLoss& loss, BatchLoader& loader) {
  const auto started = Clock::now();
  const double progress = Progress(state_);
  const Batch batch = loader.Next();
  StepReport report = TrainStep(state_, loss, batch, progress);
  state_.seconds += Seconds(started);
  report.progress = Progress(state_);
  report.audio_rate = (state_.audio_seconds - audio_before_) / Seconds(begin_);
  report.seconds_left = state_.seconds / std::max(1e-9, report.progress) * (1 - report.progress);
  callbacks_.on_step(report);
  if (report.finite) return {};
  callbacks_.on_message("step " + std::to_string(report.step) +
                        ": the loss is not finite, the step is skipped; crops of " + Describe(batch));
  if (state_.bad_steps <= state_.config.training.bad_steps) return {};
  return Error{"training stopped: " + std::to_string(state_.bad_steps) +
               " steps had a loss that is not finite"};
}

void Loop::ValidateNow() {
  if (validation_.clips.empty()) return;
  const std::string scores = Validate(state_, validation_);
  callbacks_.on_validation(state_.step, scores);
  const double score = MeanEstoi(scores);
  if (state_.best_step > 0 && score <= state_.best_score) return;
  state_.best_score = score;
  state_.best_step = state_.step;
  const Status saved = folder_.SaveBest(state_);
  if (!saved.ok()) callbacks_.on_message(saved.message());
}

Status Loop::Save() {
  last_checkpoint_ = Clock::now();
  return folder_.Save(state_);
}

Status Loop::Run(const Dataset& data, const std::atomic<bool>& stop) {
  const TrainingOptions& options = state_.config.training;
  const ReconstructionLoss loss(options.loss, state_.config.model.sample_rate, state_.device);
  BatchLoader loader(data, CropsOf(state_.config),
                     {options.seed, state_.samples, options.batch, options.loader_threads});
  while (Progress(state_) < 1 && !stop) {
    const Status stepped = Step(loss, loader);
    if (!stepped.ok()) return stepped;  // the last checkpoint is from before: nothing good is overwritten
    const bool due = options.validate_every > 0 && state_.step % options.validate_every == 0;
    if (due && Progress(state_) < 1) ValidateNow();
    if (Seconds(last_checkpoint_) > 60 * options.checkpoint_minutes) {
      const Status saved = Save();
      if (!saved.ok()) callbacks_.on_message(saved.message());  // a full disk now may have room later
    }
  }
  if (!stop) ValidateNow();
  return Save();
}

}  // namespace

LoadOptions DataOptions(const TrainingConfig& config) {
  LoadOptions options;
  options.sample_rate = config.model.sample_rate;
  options.min_samples = static_cast<size_t>(4) * config.model.frame();
  options.leave_out = config.training.leave_out;
  return options;
}

CropOptions CropsOf(const TrainingConfig& config) {
  const TrainingOptions& options = config.training;
  return {options.batch, options.crop_frames * config.model.frame(), options.low_level_db,
          options.high_level_db};
}

Status Train(TrainingState& state, const Dataset& data, const Dataset& validation, const RunFolder& folder,
             const TrainCallbacks& callbacks, const std::atomic<bool>& stop) {
  return Loop(state, validation, folder, callbacks).Run(data, stop);
}

}  // namespace quaver
