#include "codec/train/trainer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "codec/train/distributed/data_parallel.h"
#include "codec/train/schedule.h"
#include "codec/train/validate.h"

namespace quaver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxNamed = 4;   // files that a message about a batch names
constexpr double kRecent = 0.95;  // the speed that is shown is that of the last 20 steps or so

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

std::string Describe(const CropBatch& batch) {
  std::string text;
  for (size_t i = 0; i < std::min(kMaxNamed, batch.sources.size()); ++i)
    text += (i == 0 ? "" : ", ") + batch.sources[i];
  if (batch.sources.size() > kMaxNamed)
    text += " and " + std::to_string(batch.sources.size() - kMaxNamed) + " more";
  return text;
}

std::string Describe(const DataParallel& peers, const Share& share) {
  char text[128];
  std::snprintf(text, sizeof(text), "%d processes, %d crops a step each, %.1f MB of gradients",
                peers.group.size(), share.count, static_cast<double>(peers.network.bytes_per_step()) / 1e6);
  return text;
}

// A run on its way: what the loop's parts share.
class Loop {
 public:
  Loop(TrainingState& state, const Dataset& validation, const RunFolder& folder,
       const TrainCallbacks& callbacks, Group& group)
      : state_(state),
        validation_(validation),
        folder_(folder),
        callbacks_(callbacks),
        group_(group),
        peers_(group, state) {}

  Status Run(const Dataset& data, const std::atomic<bool>& stop);

 private:
  Status Step(const ReconstructionLoss& loss, BatchLoader& loader, Workers& workers,
              const std::atomic<bool>& stop);
  Status SayNotFinite(const StepReport& report, const CropBatch& batch);
  void AgreeOnTime(double seconds, bool stop);
  void ValidateNow();
  Status Save();

  TrainingState& state_;
  const Dataset& validation_;
  const RunFolder& folder_;
  const TrainCallbacks& callbacks_;
  Group& group_;
  DataParallel peers_;
  bool stopped_ = false;  // by a request on any rank
  Clock::time_point last_checkpoint_ = Clock::now();
  double recent_audio_ = 0;    // seconds of audio in the last steps, each step's share falling by kRecent
  double recent_seconds_ = 0;  // and the seconds that these took
};

Status Loop::Step(const ReconstructionLoss& loss, BatchLoader& loader, Workers& workers,
                  const std::atomic<bool>& stop) {
  const auto started = Clock::now();
  const double progress = ProgressOf(state_);
  const double audio_before = state_.audio_seconds;
  const double seconds_before = state_.seconds;
  const CropBatch batch = loader.Next();
  StepReport report = TrainStep(state_, loss, batch, progress, peers_, workers);
  AgreeOnTime(Seconds(started), stop);
  recent_audio_ = kRecent * recent_audio_ + state_.audio_seconds - audio_before;
  recent_seconds_ = kRecent * recent_seconds_ + state_.seconds - seconds_before;
  report.progress = ProgressOf(state_);
  report.audio_rate = recent_audio_ / std::max(1e-9, recent_seconds_);
  report.seconds_left = state_.seconds / std::max(1e-9, report.progress) * (1 - report.progress);
  if (group_.first()) callbacks_.on_step(report);
  return report.finite ? Status() : SayNotFinite(report, batch);
}

// Ranks that follow the clock would drift apart.
void Loop::AgreeOnTime(double seconds, bool stop) {
  const auto mean = peers_.Mean({seconds, stop ? 1.0 : 0.0});
  state_.seconds += mean[0];
  stopped_ = mean[1] > 0;
}

Status Loop::SayNotFinite(const StepReport& report, const CropBatch& batch) {
  if (group_.first() || !report.own_finite) {
    callbacks_.on_message("step " + std::to_string(report.step) +
                          ": the loss is not finite, the step is skipped; crops of " + Describe(batch));
  }
  if (state_.bad_steps <= state_.config.training.bad_steps) return {};
  return Error{"training stopped: " + std::to_string(state_.bad_steps) +
               " steps had a loss that is not finite"};
}

void Loop::ValidateNow() {
  if (validation_.clips.empty()) return;
  const ValidationResult result = Validate(state_, validation_, group_);
  if (group_.first()) callbacks_.on_validation(state_.step, result);
  // Above 0: the mean of ESTOI, by which earlier versions chose.
  const bool comparable = state_.best_step > 0 && state_.best_score <= 0;
  if (comparable && result.score <= state_.best_score) return;
  const double before = state_.best_score;
  const int64_t step_before = state_.best_step;
  state_.best_score = result.score;
  state_.best_step = state_.step;
  if (!group_.first()) return;
  const Status saved = folder_.SaveBest(state_);
  if (saved.ok()) return;
  // What is on disk is still the best: the next one that is better than it has another try.
  state_.best_score = before;
  state_.best_step = step_before;
  callbacks_.on_message(saved.message());
}

Status Loop::Save() {
  last_checkpoint_ = Clock::now();
  if (!group_.first()) return {};
  return folder_.Save(state_);
}

Status Loop::Run(const Dataset& data, const std::atomic<bool>& stop) {
  const TrainingOptions& options = state_.config.training;
  const ReconstructionLoss loss(options.loss, state_.config.model.sample_rate, state_.device);
  const auto share = ShareOfBatch(group_, options.batch);
  if (!share.ok()) return share.error();
  const Status same = AgreeOnRun(group_, state_, data);
  if (!same.ok()) return same;
  BroadcastWeights(group_, state_);
  CropOptions crops = CropsOf(state_.config);
  crops.batch = share.value().count;
  BatchLoader loader(
      data, crops,
      {options.seed, state_.samples + share.value().first, options.batch, options.loader_threads});
  // A GPU does one operation after the other, whoever asks for it.
  Workers workers(state_.device.is_cpu() ? at::get_num_threads() : 1, crops.batch);
  if (group_.first() && !group_.alone()) callbacks_.on_message(Describe(peers_, share.value()));
  if (group_.first() && options.bf16 && !state_.UsesBf16())
    callbacks_.on_message("\"bf16\": this processor has no instructions for it: in fp32");
  stopped_ = group_.Any(stop);
  while (ProgressOf(state_) < 1 && !stopped_) {
    const Status stepped = Step(loss, loader, workers, stop);
    if (!stepped.ok()) return stepped;  // the last checkpoint is from before: nothing good is overwritten
    const bool due = options.validate_every > 0 && state_.step % options.validate_every == 0;
    if (due && ProgressOf(state_) < 1) ValidateNow();
    if (Seconds(last_checkpoint_) > 60 * options.checkpoint_minutes) {
      const Status saved = Save();
      if (!saved.ok()) callbacks_.on_message(saved.message());  // a full disk now may have room later
    }
  }
  if (!stopped_) ValidateNow();
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
          options.high_level_db, options.augment};
}

Status Train(TrainingState& state, const Dataset& data, const Dataset& validation, const RunFolder& folder,
             const TrainCallbacks& callbacks, const std::atomic<bool>& stop, Group& group) {
  try {
    return Loop(state, validation, folder, callbacks, group).Run(data, stop);
  } catch (const GroupFailure& failure) {
    return Error{failure.what()};
  }
}

Status Train(TrainingState& state, const Dataset& data, const Dataset& validation, const RunFolder& folder,
             const TrainCallbacks& callbacks, const std::atomic<bool>& stop) {
  return Train(state, data, validation, folder, callbacks, stop, *Group::Alone());
}

}  // namespace quaver
