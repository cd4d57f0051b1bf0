#include "codec/train/validate.h"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>
#include <set>

#include "codec/metrics/frozen_noise.h"
#include "codec/metrics/pitch.h"
#include "codec/metrics/scores.h"
#include "codec/samples.h"
#include "codec/train/data/random.h"
#include "codec/train/on_threads.h"

namespace quaver {
namespace {

constexpr size_t kMaxSeconds = 20;   // of a clip: the network sees it at once
constexpr size_t kHeardSeconds = 6;  // of a clip that can be listened to
constexpr size_t kHeardClips = 3;
constexpr int kLossyGroups = 6;
constexpr double kFrameLoss = 0.1;
constexpr double kMeanBurst = 2;      // frames
constexpr uint64_t kLossSeed = 4711;  // of the first clip

// What happens to the tokens between encoder and decoder.
struct Condition {
  int n_q = 0;
  bool lossy = false;
};

std::vector<Condition> Conditions(int groups) {
  const std::set<int> rates = {std::min(3, groups), std::min(6, groups), std::min(12, groups), groups};
  std::vector<Condition> conditions;
  for (const int n_q : rates) conditions.push_back({n_q, false});
  conditions.push_back({std::min(kLossyGroups, groups), true});
  return conditions;
}

std::vector<float> Beginning(const Clip& clip, size_t most) {
  std::vector<float> out(std::min(clip.samples.size(), most));
  std::transform(clip.samples.begin(), clip.samples.begin() + static_cast<std::ptrdiff_t>(out.size()),
                 out.begin(), FromPcm16);
  return out;
}

BottleneckOutput Quantised(TorchNetworkImpl& network, const Bottleneck& bottleneck,
                           const std::vector<float>& samples) {
  const Config& config = network.config();
  const int64_t count = static_cast<int64_t>(samples.size());
  const int64_t frames = (count + config.overlap + config.frame() - 1) / config.frame();
  auto input = torch::zeros({1, frames * config.frame()});
  std::copy(samples.begin(), samples.end(), input.data_ptr<float>());
  input = input.to(network.parameters().front().device());
  return bottleneck.Quantize(network.Encode(input));
}

// y [1, frames, latents] -> `count` samples.
std::vector<float> Synthesise(TorchNetworkImpl& network, const torch::Tensor& y, const Condition& condition,
                              uint64_t seed, size_t count) {
  const Config& config = network.config();
  auto kept = torch::zeros_like(y);
  const int64_t latents = static_cast<int64_t>(condition.n_q) * config.bottleneck.dims();
  kept.slice(2, 0, latents).copy_(y.slice(2, 0, latents));
  if (condition.lossy) {
    auto arrived = torch::ones({1, y.size(1), 1});
    const auto lost = LostFrames(static_cast<size_t>(y.size(1)), seed);
    for (size_t t = 0; t < lost.size(); ++t) arrived.data_ptr<float>()[t] = lost[t] != 0 ? 0.0f : 1.0f;
    kept *= arrived.to(y.device());
  }
  const auto output = network.Decode(kept)[0]
                          .slice(0, config.overlap, config.overlap + static_cast<int64_t>(count))
                          .cpu()
                          .contiguous();
  return {output.const_data_ptr<float>(), output.const_data_ptr<float>() + count};
}

struct ClipScores {
  double estoi = 0;
  double log_mel_db = 0;
  std::optional<double> frozen_noise;
};

struct ClipOutcome {
  std::vector<std::optional<ClipScores>> scores;  // of each condition
  std::vector<uint16_t> tokens;                   // [frames, groups], none if the bottleneck has none
  DecodedClip heard;                              // with sound only if it was asked for
};

std::vector<float> Heard(const std::vector<float>& samples, int rate) {
  const size_t most = kHeardSeconds * static_cast<size_t>(rate);
  return {samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(std::min(most, samples.size()))};
}

ClipOutcome Listen(TorchNetworkImpl& network, const Bottleneck& bottleneck,
                   const std::vector<Condition>& conditions, const std::vector<float>& reference,
                   uint64_t seed, bool heard) {
  torch::NoGradGuard no_grad;
  const int rate = network.config().sample_rate;
  ClipOutcome outcome;
  if (heard) outcome.heard.reference = Heard(reference, rate);
  const BottleneckOutput quantised = Quantised(network, bottleneck, reference);
  if (quantised.token.defined()) {
    const auto token = quantised.token.cpu().contiguous();
    const int64_t* const tokens = token.const_data_ptr<int64_t>();
    outcome.tokens.assign(tokens, tokens + token.numel());
  }
  const std::vector<double> pitch = TrackPitch(reference);
  for (const Condition& condition : conditions) {
    const auto decoded = Synthesise(network, quantised.y, condition, seed, reference.size());
    const auto score = Score(reference, decoded);  // fails if a sample is not finite
    outcome.scores.emplace_back();
    if (score.ok())
      outcome.scores.back() = {score.value().estoi, score.value().log_mel_db, FrozenNoise(decoded, pitch)};
    const bool shown = !condition.lossy && condition.n_q <= 12;
    if (heard && shown) outcome.heard.decoded.push_back({condition.n_q, Heard(decoded, rate)});
  }
  return outcome;
}

// The rank that decodes each clip: those that are heard belong to the first, which has the log.
std::vector<int> Owners(size_t count, const std::set<size_t>& heard_clips, int ranks) {
  std::vector<int> owners(count, 0);
  std::vector<size_t> load(static_cast<size_t>(ranks), 0);
  load[0] = heard_clips.size();
  for (size_t i = 0; i < count; ++i) {
    if (heard_clips.contains(i)) continue;
    const auto least = std::min_element(load.begin(), load.end());
    ++*least;
    owners[i] = static_cast<int>(least - load.begin());
  }
  return owners;
}

// Scores and tokens of the clips that other ranks decoded. In a sum each has one part that is not zero, so
// the figures are those of one process, bit for bit.
void Exchange(Group& group, const std::vector<int>& owners, size_t conditions,
              std::vector<ClipOutcome>& outcomes) {
  if (group.alone()) return;
  const auto count = static_cast<int64_t>(outcomes.size());
  const auto own = [&](int64_t i) { return owners[static_cast<size_t>(i)] == group.rank(); };
  auto scores = torch::zeros({count, static_cast<int64_t>(conditions), 5}, torch::kDouble);
  auto sizes = torch::zeros({count}, torch::kInt64);
  for (int64_t i = 0; i < count; ++i) {
    if (!own(i)) continue;
    const ClipOutcome& outcome = outcomes[static_cast<size_t>(i)];
    sizes[i] = static_cast<int64_t>(outcome.tokens.size());
    for (size_t c = 0; c < conditions; ++c) {
      if (!outcome.scores[c]) continue;
      const ClipScores& score = *outcome.scores[c];
      scores[i][static_cast<int64_t>(c)] =
          torch::tensor({1.0, score.estoi, score.log_mel_db, score.frozen_noise ? 1.0 : 0.0,
                         score.frozen_noise.value_or(0)},
                        torch::kDouble);
    }
  }
  group.Sum(scores);
  group.Sum(sizes);
  auto tokens = torch::zeros({sizes.sum().item<int64_t>()}, torch::kInt32);
  int32_t* place = tokens.data_ptr<int32_t>();
  for (int64_t i = 0; i < count; place += sizes[i++].item<int64_t>()) {
    if (own(i)) std::copy_n(outcomes[static_cast<size_t>(i)].tokens.begin(), sizes[i].item<int64_t>(), place);
  }
  group.Sum(tokens);
  place = tokens.data_ptr<int32_t>();
  for (int64_t i = 0; i < count; place += sizes[i++].item<int64_t>()) {
    if (own(i)) continue;
    ClipOutcome& outcome = outcomes[static_cast<size_t>(i)];
    outcome.tokens.assign(place, place + sizes[i].item<int64_t>());
    for (int64_t c = 0; c < static_cast<int64_t>(conditions); ++c) {
      ClipScores score;
      score.estoi = scores[i][c][1].item<double>();
      score.log_mel_db = scores[i][c][2].item<double>();
      if (scores[i][c][3].item<double>() > 0) score.frozen_noise = scores[i][c][4].item<double>();
      outcome.scores.push_back(scores[i][c][0].item<double>() > 0 ? std::optional(score) : std::nullopt);
    }
  }
}

RateScores Mean(const std::vector<ClipOutcome>& outcomes, size_t condition, int n_q) {
  RateScores mean;
  mean.n_q = n_q;
  double frozen = 0;
  int with_noise = 0;
  for (const ClipOutcome& outcome : outcomes) {
    if (!outcome.scores[condition]) continue;
    mean.estoi += outcome.scores[condition]->estoi;
    mean.log_mel_db += outcome.scores[condition]->log_mel_db;
    ++mean.clips;
    if (!outcome.scores[condition]->frozen_noise) continue;
    frozen += *outcome.scores[condition]->frozen_noise;
    ++with_noise;
  }
  if (with_noise > 0) mean.frozen_noise = frozen / with_noise;
  mean.estoi /= std::max(1, mean.clips);
  mean.log_mel_db /= std::max(1, mean.clips);
  return mean;
}

void Summarise(const std::vector<ClipOutcome>& outcomes, const std::vector<Condition>& conditions,
               const BottleneckConfig& bottleneck, ValidationResult& result) {
  for (size_t c = 0; c < conditions.size(); ++c) {
    const RateScores scores = Mean(outcomes, c, conditions[c].n_q);
    if (conditions[c].lossy) {
      result.lossy = scores;
      result.frame_loss = kFrameLoss;
    } else {
      result.rates.push_back(scores);
    }
  }
  result.score = ScoreOf(result.rates);
  if (bottleneck.codes() == 0) return;
  TokenCounter counter(bottleneck.groups, bottleneck.codes());
  for (const ClipOutcome& outcome : outcomes) counter.Add(outcome.tokens, bottleneck.groups);
  result.codes = bottleneck.codes();
  for (int group = 0; group < bottleneck.groups; ++group) result.tokens.push_back(counter.Stats(group));
}

// Gives the clip a name that no other has.
void NameAndKeep(DecodedClip clip, const std::string& path, std::vector<DecodedClip>& samples) {
  const std::string stem = std::filesystem::path(path).stem().string();
  clip.name = stem;
  const auto taken = [&](const DecodedClip& other) { return other.name == clip.name; };
  for (int i = 2; std::any_of(samples.begin(), samples.end(), taken); ++i)
    clip.name = stem + "-" + std::to_string(i);
  samples.push_back(std::move(clip));
}

}  // namespace

std::vector<uint8_t> LostFrames(size_t frames, uint64_t seed) {
  std::mt19937_64 random(seed);
  const double leave = 1 / kMeanBurst;
  const double enter = kFrameLoss * leave / (1 - kFrameLoss);
  std::vector<uint8_t> lost(frames);
  bool now = false;
  for (uint8_t& frame : lost) {
    now = now ? Uniform(random) >= leave : Uniform(random) < enter;
    frame = now ? 1 : 0;
  }
  return lost;
}

std::vector<float> RoundTrip(TorchNetworkImpl& network, const Bottleneck& bottleneck,
                             const std::vector<float>& samples, int n_q) {
  torch::NoGradGuard no_grad;
  const auto y = Quantised(network, bottleneck, samples).y;
  return Synthesise(network, y, {n_q, false}, 0, samples.size());
}

ValidationResult Validate(TrainingState& state, const Dataset& validation) {
  return Validate(state, validation, *Group::Alone());
}

ValidationResult Validate(TrainingState& state, const Dataset& validation, Group& group) {
  const auto begin = std::chrono::steady_clock::now();
  const BottleneckConfig& config = state.config.model.bottleneck;
  const std::vector<Condition> conditions = Conditions(config.groups);
  const size_t count =
      std::min<size_t>(validation.clips.size(), std::max(1, state.config.training.validate_clips));
  // Spread over the set: clips of one corpus stand together.
  const auto clip = [&](size_t i) -> const Clip& {
    return validation.clips[i * validation.clips.size() / count];
  };
  const size_t heard = std::min(kHeardClips, count);
  std::set<size_t> heard_clips;
  for (size_t i = 0; i < heard; ++i) heard_clips.insert((2 * i + 1) * count / (2 * heard));

  state.bottleneck->PrepareToQuantize(&group);
  ValidationResult result;
  result.sample_rate = state.config.model.sample_rate;
  std::vector<ClipOutcome> outcomes(count);
  const auto owners = Owners(count, heard_clips, group.size());
  std::vector<size_t> own;
  for (size_t i = 0; i < count; ++i) {
    if (owners[i] == group.rank()) own.push_back(i);
  }
  ForEachOnThreads(own.size(), [&](size_t k) {
    const size_t i = own[k];
    const auto reference = Beginning(clip(i), kMaxSeconds * static_cast<size_t>(validation.sample_rate));
    outcomes[i] = Listen(*state.average, *state.bottleneck, conditions, reference, kLossSeed + i,
                         heard_clips.contains(i));
  });
  Exchange(group, owners, conditions.size(), outcomes);
  Summarise(outcomes, conditions, config, result);
  if (!group.first()) heard_clips.clear();
  for (const size_t i : heard_clips) NameAndKeep(std::move(outcomes[i].heard), clip(i).path, result.samples);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace quaver
