#include "apps/evaluate/evaluate_run.h"

#include <cmath>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/cli/progress.h"
#include "apps/evaluate/clip_pairs.h"
#include "apps/cli/read_clip.h"
#include "apps/train/trained_run.h"
#include "codec/io/sound_file.h"
#include "codec/metrics/token_stats.h"
#include "codec/model/config.h"
#include "codec/train/clip_evaluation.h"
#include "codec/train/on_threads.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A run, and what quantises its latents.
struct Loaded {
  std::unique_ptr<TrainingState> state;
  std::shared_ptr<const Bottleneck> quantiser;  // config.model.bottleneck of the state is this one's
};

// The state's bottleneck becomes one that needs nothing that was learnt but its latents.
Status Requantise(const std::string& text, TrainingState& state) {
  json model = json::parse(CanonicalJson(state.config.model));
  model["bottleneck"] = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (model["bottleneck"].is_discarded()) return Error{"--bottleneck: not valid JSON"};
  const auto config = ParseConfig(model.dump());
  if (!config.ok()) return Error{"--bottleneck: " + config.message()};
  const BottleneckConfig& other = config.value().bottleneck;
  const BottleneckConfig& own = state.config.model.bottleneck;
  if (!other.scalar() && other.type != "vp")
    return Error{"--bottleneck: must have levels, or be of type \"vp\""};
  if (other.groups != own.groups || other.dims() != own.dims()) {
    return Error{"--bottleneck: the run has " + std::to_string(own.groups) + " groups of " +
                 std::to_string(own.dims()) + " latents"};
  }
  state.config.model.bottleneck = other;
  state.bottleneck = MakeBottleneck(other, state.config.training.bottleneck);
  return {};
}

Result<Loaded> LoadRun(const RunToEvaluate& what, Console& console) {
  auto loaded = LoadRunState(what.run, what.best, console);
  if (!loaded.ok()) return loaded.error();
  TrainingState& state = *loaded.value();
  const std::shared_ptr<Bottleneck> own = state.bottleneck;
  if (!what.bottleneck.empty()) {
    const Status replaced = Requantise(what.bottleneck, state);
    if (!replaced.ok()) return replaced.error();
  }
  if (NeedsCodebook(state)) {
    const auto data = LoadRunData(what.run, "", state.config);
    if (!data.ok()) return data.error();
    const Status fitted = FitAndPrintCodebooks(state, data.value(), {}, console);
    if (!fitted.ok()) return fitted.error();
  }
  const std::shared_ptr<const Bottleneck> quantiser = state.bottleneck;
  state.bottleneck = own;
  return Loaded{std::move(loaded).value(), quantiser};
}

struct Clip {
  std::string reference;
  std::string decoded;
};

Result<std::vector<Clip>> ClipsOf(const std::string& references, const std::string& decoded) {
  std::error_code error;
  if (!fs::is_directory(references, error)) return std::vector<Clip>{{references, decoded}};
  fs::create_directories(decoded, error);
  if (error) return Error{decoded + ": " + error.message()};
  const auto files = ListClips(references);
  if (!files.ok()) return files.error();
  std::vector<Clip> clips;
  for (const auto& [stem, path] : files.value()) clips.push_back({path, decoded + "/" + stem + ".wav"});
  if (clips.empty()) return Error{references + ": no sound files"};
  return clips;
}

Status Write(const std::string& path, int rate, std::span<const float> samples) {
  auto writer = SoundWriter::Create(path, rate, 1);
  if (!writer.ok()) return writer.error();
  const Status status = writer.value()->Write(samples);
  return status.ok() ? writer.value()->Commit() : status;
}

// What all clips add up to.
class Sums {
 public:
  Sums(const Config& config, int n_q) : config_(config), n_q_(n_q) {
    if (config.bottleneck.codes() > 0) counter_.emplace(config.bottleneck.groups, config.bottleneck.codes());
  }

  void Add(const ClipEvaluation& clip) {
    const auto length = static_cast<double>(clip.decoded.size());
    if (counter_) counter_->Add(clip.tokens, n_q_);
    Add(clip.quantised, length, quantised_);
    Add(clip.trained, length, trained_);
    length_ += length;
  }

  void Report(json& facts) const {
    facts["loss"] = {{"quantised", Mean(quantised_)}, {"trained", Mean(trained_)}};
    if (!counter_) return;
    const int codes = config_.bottleneck.codes();
    double bits = 0;
    for (int group = 0; group < n_q_; ++group) {
      const TokenStats stats = counter_->Stats(group);
      bits += stats.entropy_bits;
      facts["tokens"].push_back({{"count", stats.tokens},
                                 {"usage", stats.usage},
                                 {"entropy_bits", stats.entropy_bits},
                                 {"normalised_perplexity", stats.normalised_perplexity}});
    }
    facts["codes"] = codes;
    facts["entropy_bps"] = bits * config_.frame_rate();
    facts["nominal_bps"] = std::log2(codes) * n_q_ * config_.frame_rate();
  }

 private:
  static void Add(const ClipLoss& loss, double length, ClipLoss& sum) {
    sum.total += length * loss.total;
    sum.log_mel_db += length * loss.log_mel_db;
    sum.convergence += length * loss.convergence;
    sum.waveform += length * loss.waveform;
  }
  json Mean(const ClipLoss& sum) const {
    return {{"total", sum.total / length_},
            {"log_mel_db", sum.log_mel_db / length_},
            {"convergence", sum.convergence / length_},
            {"waveform", sum.waveform / length_}};
  }

  const Config& config_;
  int n_q_;
  std::optional<TokenCounter> counter_;
  ClipLoss quantised_;
  ClipLoss trained_;
  double length_ = 0;
};

Status Decode(const Loaded& loaded, int n_q, const std::vector<Clip>& clips, Console& console, Sums& sums) {
  TrainingState& state = *loaded.state;
  const Config& config = state.config.model;
  size_t shortest = 0;
  for (const int size : state.config.training.loss.fft_sizes)
    shortest = std::max(shortest, static_cast<size_t>(size));
  ClipEvaluator evaluator(state, loaded.quantiser);
  Progress progress(console, clips.size());
  std::vector<std::optional<ClipEvaluation>> evaluations(clips.size());
  Status problem;
  std::mutex mutex;
  const auto fail = [&](const std::string& message) {
    const std::lock_guard lock(mutex);
    if (problem.ok()) problem = Error{message};
  };
  ForEachOnThreads(clips.size(), [&](size_t i) {
    const auto samples = ReadClip(clips[i].reference, config.sample_rate);
    if (!samples.ok()) return fail(samples.message());
    if (samples.value().size() <= shortest) return fail(clips[i].reference + ": too short for the losses");
    ClipEvaluation clip = evaluator.Evaluate(samples.value(), n_q, static_cast<int64_t>(i));
    const Status written = Write(clips[i].decoded, config.sample_rate, clip.decoded);
    if (!written.ok()) return fail(written.message());
    evaluations[i] = std::move(clip);
    progress.Update(i, 1, 0);
  });
  if (!problem.ok()) return problem;
  for (const auto& clip : evaluations) sums.Add(*clip);
  return {};
}

}  // namespace

Result<json> DecodeByRun(const RunToEvaluate& what, const std::string& references, const std::string& decoded,
                         Console& console) {
  auto loaded = LoadRun(what, console);
  if (!loaded.ok()) return loaded.error();
  const TrainingState& state = *loaded.value().state;
  const Config& config = state.config.model;
  const int n_q = what.n_q == 0 ? config.bottleneck.groups : what.n_q;
  if (n_q > config.bottleneck.groups)
    return Error{what.run + ": has " + std::to_string(config.bottleneck.groups) + " groups, not " +
                 std::to_string(n_q)};
  const auto clips = ClipsOf(references, decoded);
  if (!clips.ok()) return clips.error();
  json facts = {{"step", state.step},
                {"seconds", state.seconds},
                {"bottleneck", json::parse(CanonicalJson(config))["bottleneck"]},
                {"n_q", n_q},
                {"frame_rate", config.frame_rate()}};
  int64_t parameters = 0;
  for (const auto& parameter : state.average->parameters()) parameters += parameter.numel();
  facts["parameters"] = parameters;
  Sums sums(config, n_q);
  try {
    const Status done = Decode(loaded.value(), n_q, clips.value(), console, sums);
    if (!done.ok()) return done.error();
  } catch (const std::exception& error) {
    return Error{what.run + ": " + error.what()};
  }
  sums.Report(facts);
  return facts;
}

}  // namespace quaver
