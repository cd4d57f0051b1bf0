#include "codec/train/log/run_log.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "codec/train/log/log_reader.h"
#include "codec/train/log/sample_store.h"
#include "codec/train/log/spectrogram_picture.h"

namespace quaver {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBest = 3;               // validations whose samples are kept beside the first and the last
constexpr int kStepsBetweenFlushes = 20;  // of the event file

// Milliseconds are enough, and shorter.
double Now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count()) / 1000;
}

// Of two: the first that failed.
Status First(const Status& a, const Status& b) { return a.ok() ? b : a; }

std::vector<NamedValue> Scalars(const ValidationResult& result) {
  std::vector<NamedValue> values;
  for (const RateScores& scores : result.rates) {
    if (scores.clips == 0) continue;
    values.push_back({"validation/estoi_" + RateName(scores.n_q), scores.estoi});
    values.push_back({"validation/log_mel_db_" + RateName(scores.n_q), scores.log_mel_db});
    if (scores.frozen_noise)
      values.push_back({"validation/frozen_noise_" + RateName(scores.n_q), *scores.frozen_noise});
  }
  if (result.lossy && result.lossy->clips > 0)
    values.push_back({"validation/estoi_lossy_" + RateName(result.lossy->n_q), result.lossy->estoi});
  double perplexity = 0;
  double usage = 0;
  for (const TokenStats& stats : result.tokens) {
    perplexity += stats.normalised_perplexity / static_cast<double>(result.tokens.size());
    usage += stats.usage / static_cast<double>(result.tokens.size());
  }
  if (!result.tokens.empty()) {
    values.push_back({"tokens/normalised_perplexity", perplexity});
    values.push_back({"tokens/usage", usage});
  }
  values.push_back({"validation/score", result.score});
  return values;
}

}  // namespace

Result<std::unique_ptr<RunLog>> RunLog::Open(const std::string& run, int64_t step) {
  std::unique_ptr<RunLog> log(new RunLog(run, step));
  const std::string path = run + "/log.jsonl";
  Status status = CutTrainingLog(path, step);
  if (status.ok()) status = log->lines_.Open(path);
  if (!status.ok()) return status.error();
  if (step > 0) {
    const auto before = ReadTrainingLog(path);
    if (!before.ok()) return before.error();
    for (const auto& validation : before.value().validations)
      log->scored_.push_back({validation.step, validation.result.score});
  }
  log->Prune();
  auto events = EventFile::Create(run, step);
  if (!events.ok()) return events.error();
  log->events_ = std::move(events).value();
  return log;
}

Status RunLog::Write(const Json& line) {
  Status status = lines_.Append(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  if (status.ok()) status = lines_.Flush();  // a step takes long: a killed run loses no line
  return status;
}

Status RunLog::Start(const Json& facts) {
  return Write({{"step", step_}, {"time", Now()}, {"start", facts}});
}

Status RunLog::Step(int64_t step, std::span<const NamedValue> values) {
  Json line = {{"step", step}};
  std::vector<NamedValue> tagged;
  for (const auto& [name, value] : values) {
    line[name] = std::isfinite(value) ? Json(value) : Json();
    tagged.push_back({"train/" + name, value});
  }
  line["time"] = Now();
  Status status = First(Write(line), events_->Scalars(step, tagged));
  if (++steps_since_flush_ >= kStepsBetweenFlushes) {
    steps_since_flush_ = 0;
    status = First(status, events_->Flush());
  }
  return status;
}

Status RunLog::Validation(int64_t step, const ValidationResult& result) {
  Status status = StoreSamples(run_, step, result);
  status = First(status, Write({{"step", step}, {"time", Now()}, {"validation", ToJson(result)}}));
  status = First(status, events_->Scalars(step, Scalars(result)));
  for (const DecodedClip& clip : result.samples) status = First(status, Show(step, clip, result.sample_rate));
  references_shown_ = true;
  scored_.push_back({step, result.score});
  Prune();
  return First(status, events_->Flush());
}

Status RunLog::Show(int64_t step, const DecodedClip& clip, int sample_rate) {
  const auto reference = ComputeMelSpectrogram(clip.reference, sample_rate);
  const double top = Loudest(reference);
  const auto show = [&](const std::string& which, const std::vector<float>& samples,
                        const MelSpectrogram& spectrogram) {
    const std::string tag = SafeName(clip.name) + "/" + which;
    return First(events_->Audio(step, tag, samples, sample_rate),
                 events_->Image(step, tag, DrawSpectrogram(spectrogram, top, Axes::kLabelled)));
  };
  Status status;
  if (!references_shown_) status = show("reference", clip.reference, reference);
  for (const DecodedClip::AtRate& decoded : clip.decoded) {
    status = First(status, show(RateName(decoded.n_q), decoded.samples,
                                ComputeMelSpectrogram(decoded.samples, sample_rate)));
  }
  return status;
}

void RunLog::Prune() {
  std::vector<int64_t> kept;
  if (!scored_.empty()) kept = {scored_.front().step, scored_.back().step};
  std::vector<Scored> best = scored_;
  std::stable_sort(best.begin(), best.end(),
                   [](const Scored& a, const Scored& b) { return a.score > b.score; });
  for (size_t i = 0; i < std::min(kBest, best.size()); ++i) kept.push_back(best[i].step);
  KeepSamples(run_, kept);
}

}  // namespace quaver
