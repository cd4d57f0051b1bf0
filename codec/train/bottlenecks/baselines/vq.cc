#include "codec/train/bottlenecks/baselines/vq.h"

#include <torch/nn/module.h>
#include <torch/utils.h>

#include <algorithm>

#include "codec/train/bottlenecks/codes.h"
#include "codec/train/bottlenecks/nearest.h"
#include "codec/train/distributed/group.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr int64_t kPoolShare = 4;  // gathered latents a code
constexpr int kRounds = 10;        // of k-means
constexpr double kLaplace = 1e-5;
constexpr double kDeadShare = 0.2;  // of an equal share: no code above it counts as dead
constexpr double kNoCandidate = 2;  // above all random numbers

// Those with the smallest random numbers, of all ranks. [groups, count, dims + 1], the last is the number.
Tensor MergeCandidates(const Tensor& own, Group& group) {
  Tensor all = torch::zeros({group.size(), own.size(0), own.size(1), own.size(2)}, own.options());
  all[group.rank()].copy_(own);
  group.Sum(all);
  const Tensor merged = all.transpose(0, 1).flatten(1, 2);
  const Tensor order = std::get<1>(merged.select(2, -1).topk(own.size(1), 1, /*largest=*/false));
  return merged.gather(1, order.unsqueeze(-1).expand({-1, -1, own.size(2)}));
}

// [codes, dims + 1]: of the points [count, dims] that chose each code the sum, and their number.
Tensor SumsOf(const Tensor& points, const Tensor& code, int64_t codes) {
  const Tensor x = points.to(torch::kDouble);
  const Tensor rows = torch::cat({x, torch::ones({x.size(0), 1}, x.options())}, 1);
  return torch::zeros({codes, rows.size(1)}, rows.options()).index_add_(0, code, rows);
}

}  // namespace

Vq::Vq(const BottleneckConfig& config, const VqOptions& options) : config_(config), options_(options) {
  const int64_t groups = config.groups, codes = config.codes(), dims = config.dims();
  const double bound = 1.0 / static_cast<double>(codes);
  Tensor begin = torch::empty({groups * codes, dims}).uniform_(-bound, bound);
  if (!options.ema) {
    codebook_ = register_parameter("codebook", begin);
    return;
  }
  codebook_ = register_buffer("codebook", begin);
  count_ = register_buffer("count", torch::zeros({groups, codes}));
  sum_ = register_buffer("sum", torch::zeros({groups, codes, dims}));
  pool_ = register_buffer("pool", torch::zeros({groups, kPoolShare * codes, dims}));
  gathered_ = register_buffer("gathered", torch::zeros({groups}, torch::kInt64));
}

Tensor Vq::Codebooks() const { return codebook_.unflatten(0, {config_.groups, config_.codes()}); }

bool Vq::ready(int group) const {
  return !options_.ema || gathered_[group].item<int64_t>() == kPoolShare * config_.codes();
}

int64_t Vq::most_candidates() const { return (config_.codes() + 7) / 8; }

BottleneckOutput Vq::Quantize(const Tensor& latents) const { return ToNearest(latents, Codebooks()); }

BottleneckOutput Vq::Forward(const BottleneckInput& input) {
  const Tensor& x = input.latents;
  const Tensor codebooks = Codebooks();
  BottleneckOutput out = ToNearest(x, codebooks);
  const Tensor counted = Counted(input, config_.groups);
  const Tensor codes = TokensToCodes(out.token, codebooks);
  if (!options_.ema) {
    out.loss = CountedError(x.detach(), codes, counted, input.group) +
               options_.commitment * CountedError(x, codes.detach(), counted, input.group);
    return out;
  }
  const Tensor ready = (gathered_ == kPoolShare * config_.codes()).to(x.device());
  out.y = torch::where(ready.repeat_interleave(config_.dims()), out.y, x);
  out.loss = options_.commitment * CountedError(x, codes, counted & ready, input.group);
  out.watch = {{"restarts", torch::full({}, static_cast<double>(restarts_), x.options())}};
  seen_ = Observe(x.detach(), out.token, counted, input.random);
  return out;
}

Vq::Seen Vq::Observe(const Tensor& latents, const Tensor& token, const Tensor& counted,
                     const BatchRandom& random) const {
  torch::NoGradGuard no_grad;
  const Tensor number = random.Uniform(token.sizes(), latents.options());
  const Tensor grouped = latents.unflatten(-1, {config_.groups, config_.dims()});
  const auto empty = latents.options();
  Seen seen;
  std::vector<Tensor> sums;
  seen.candidates = torch::zeros({config_.groups, most_candidates(), config_.dims() + 1}, empty);
  seen.candidates.select(2, -1).fill_(kNoCandidate);
  for (int group = 0; group < config_.groups; ++group) {
    const Tensor use = counted.select(-1, group);
    const Tensor points = grouped.select(-2, group).index({use});
    sums.push_back(SumsOf(points, token.select(-1, group).index({use}), config_.codes()));
    const Tensor numbers = number.select(-1, group).index({use});
    const int64_t count = std::min(most_candidates(), points.size(0));
    const auto [smallest, rows] = numbers.topk(count, 0, /*largest=*/false);
    const Tensor room = seen.candidates[group].narrow(0, 0, count);
    room.copy_(torch::cat({points.index_select(0, rows), smallest.unsqueeze(1)}, 1));
  }
  seen.sums = torch::stack(sums);
  return seen;
}

void Vq::EndStep(Group* group) {
  if (!options_.ema || !seen_.sums.defined()) return;
  torch::NoGradGuard no_grad;
  if (group != nullptr && !group->alone()) {
    group->Sum(seen_.sums);
    seen_.candidates = MergeCandidates(seen_.candidates, *group);
  }
  const Seen seen = std::move(seen_);
  seen_ = {};
  restarts_ = 0;
  for (int i = 0; i < config_.groups; ++i) {
    const double tokens = seen.sums[i].select(1, -1).sum().item<double>();
    if (tokens == 0) continue;  // dropped throughout
    const Tensor numbers = seen.candidates[i].select(1, -1);
    const Tensor candidates = seen.candidates[i].index({numbers < kNoCandidate}).slice(1, 0, config_.dims());
    if (!ready(i)) {
      Gather(i, candidates, tokens);
    } else {
      Average(i, seen.sums[i]);
      restarts_ += Restart(i, candidates);
    }
  }
}

void Vq::Gather(int group, const Tensor& candidates, double tokens) {
  const int64_t have = gathered_[group].item<int64_t>();
  const int64_t count = std::min(candidates.size(0), pool_.size(1) - have);
  pool_[group].narrow(0, have, count).copy_(candidates.narrow(0, 0, count));
  gathered_[group] += count;
  if (have + count == pool_.size(1)) Begin(group, tokens);
}

// k-means from K of the gathered latents. Counts are those of a step with so many tokens.
void Vq::Begin(int group, double tokens) {
  const int64_t codes = config_.codes();
  const Tensor points = pool_[group];
  Tensor centres = points.narrow(0, 0, codes).to(torch::kDouble);
  Tensor sums;
  for (int round = 0; round < kRounds; ++round) {
    sums = SumsOf(points, NearestCodes(points, centres.to(torch::kFloat)), codes);
    const Tensor count = sums.select(1, -1).unsqueeze(1);
    centres = torch::where(count > 0, sums.slice(1, 0, config_.dims()) / count.clamp_min(1), centres);
  }
  const Tensor count = sums.select(1, -1) * (tokens / static_cast<double>(points.size(0)));
  count_[group].copy_(count);
  sum_[group].copy_(centres * count.unsqueeze(1));
  codebook_.narrow(0, group * codes, codes).copy_(centres);
}

void Vq::Average(int group, const Tensor& sums) {
  if (!sums.isfinite().all().item<bool>()) return;
  const double rate = 1 - options_.decay;
  const Tensor step = sums.to(count_.scalar_type());
  Tensor count = count_[group], sum = sum_[group];
  count.add_(step.select(1, -1) - count, rate);
  sum.add_(step.slice(1, 0, config_.dims()) - sum, rate);
  const Tensor total = count.sum();
  const Tensor smoothed = (count + kLaplace) / (total + config_.codes() * kLaplace) * total;
  codebook_.narrow(0, int64_t{group} * config_.codes(), config_.codes()).copy_(sum / smoothed.unsqueeze(1));
}

int64_t Vq::Restart(int group, const Tensor& candidates) {
  if (options_.restart_below <= 0) return 0;
  Tensor count = count_[group], sum = sum_[group];
  const double equal = count.mean().item<double>();
  const Tensor dead = (count < std::min(options_.restart_below, kDeadShare * equal)).nonzero().flatten();
  const int64_t restarts = std::min(dead.size(0), candidates.size(0));
  const Tensor codes = dead.narrow(0, 0, restarts);
  const Tensor latents = candidates.narrow(0, 0, restarts);
  count.index_fill_(0, codes, equal);
  sum.index_copy_(0, codes, latents * equal);
  codebook_.index_copy_(0, codes + int64_t{group} * config_.codes(), latents);
  return restarts;
}

}  // namespace quaver
