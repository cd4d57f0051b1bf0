#include "codec/train/bottlenecks/vp.h"

#include <ATen/Parallel.h>
#include <torch/serialize/archive.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <stdexcept>
#include <utility>

#include "codec/bitstream/entropy_model.h"
#include "codec/train/bottlenecks/kmeans.h"
#include "codec/train/bottlenecks/moments.h"
#include "codec/train/data/random.h"
#include "codec/train/distributed/group.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr uint64_t kQueueSeed = 20602;  // of the first queue
constexpr uint64_t kFreshSeed = 133;    // of what is pushed
constexpr uint64_t kCodebookSeed = 17;  // of codebooks from the queue
constexpr int kQuickIterations = 10;
constexpr int kIterations = 200;
constexpr double kTiny = 1e-12;

// A direction, uniform on the sphere, from 2 ceil(dims / 2) uniform numbers a row (Box and Muller's normal
// numbers).
Tensor Direction(const Tensor& uniform, int64_t dims) {
  const int64_t pairs = uniform.size(1) / 2;
  const Tensor length = torch::sqrt(-2 * torch::log1p(-uniform.slice(1, 0, pairs)));
  const Tensor angle = 2 * std::numbers::pi * uniform.slice(1, pairs);
  const Tensor normal =
      torch::cat({length * torch::cos(angle), length * torch::sin(angle)}, 1).slice(1, 0, dims);
  return normal / normal.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-6);
}

}  // namespace

VectorPerturbation::VectorPerturbation(const BottleneckConfig& config, const VpOptions& options)
    : config_(config), options_(options) {
  const int64_t count = options.shared ? 1 : config.groups;
  const int64_t size = static_cast<int64_t>(config.codebook_size) * neighbours();
  const at::Generator generator = at::detail::createCPUGenerator(kQueueSeed);
  queue_ = register_buffer("queue", torch::randn({count, size, config.vector_dims}, generator));
  born_ = register_buffer("born", torch::zeros({count, size}, torch::kInt32));
  codebook_ = register_buffer("codebook", torch::zeros({count, config.codebook_size, config.vector_dims}));
  marks_ = register_buffer("marks", torch::zeros({kCursors + count}, torch::kInt64));
  marks_now_.assign(static_cast<size_t>(kCursors + count), 0);
}

int VectorPerturbation::neighbours() const {
  return options_.cell_neighbour > 0 ? options_.cell_neighbour : 16 * config_.vector_dims;
}

int64_t VectorPerturbation::draws() const { return (config_.vector_dims + 1) / 2 * 2 + 2; }

void VectorPerturbation::load(torch::serialize::InputArchive& archive) {
  const auto shapes =
      std::vector{queue_.sizes().vec(), born_.sizes().vec(), codebook_.sizes().vec(), marks_.sizes().vec()};
  Bottleneck::load(archive);
  if (shapes !=
      std::vector{queue_.sizes().vec(), born_.sizes().vec(), codebook_.sizes().vec(), marks_.sizes().vec()})
    throw std::runtime_error("queue and codebook of vector perturbation do not have the configured shapes");
  const Tensor marks = marks_.cpu().contiguous();
  marks_now_.assign(marks.const_data_ptr<int64_t>(), marks.const_data_ptr<int64_t>() + marks.numel());
  for (int64_t set = 0; set < sets(); ++set) {
    if (mark(kCursors + set) < 0 || mark(kCursors + set) >= queue_.size(1))
      throw std::runtime_error("the position in a queue of vector perturbation is out of range");
  }
  searched_ = nullptr;
}

void VectorPerturbation::SetMark(int64_t place, int64_t value) {
  marks_now_[static_cast<size_t>(place)] = value;
  marks_[place].fill_(value);
}

void VectorPerturbation::SetQueue(const Tensor& queue) {
  TORCH_CHECK(queue.sizes() == queue_.sizes(), "the queue has the wrong shape");
  queue_.copy_(queue);
  born_.fill_(mark(kSteps));
  searched_ = nullptr;
}

void VectorPerturbation::SearchQueue() {
  if (searched_ == queue_.const_data_ptr() && searched_version_ == static_cast<int64_t>(queue_._version()))
    return;
  neighbours_.Assign(queue_);
  born_sum_ = born_.sum(torch::kDouble).item<double>();
  RememberQueue();
}

void VectorPerturbation::RememberQueue() {
  searched_ = queue_.const_data_ptr();
  searched_version_ = static_cast<int64_t>(queue_._version());
}

Tensor VectorPerturbation::Vectors(const Tensor& latents) const {
  return latents.detach().to(torch::kFloat).reshape({-1, config_.vector_dims});
}

Tensor VectorPerturbation::SetOf(const Tensor& index) const {
  return options_.shared ? torch::zeros_like(index) : index.remainder(config_.groups);
}

VpMove VectorPerturbation::Propose(const Tensor& z, const Tensor& set, const Tensor& uniform) {
  torch::NoGradGuard no_grad;
  SearchQueue();
  const int64_t dims = config_.vector_dims;
  const std::vector<int> ranks = {options_.density_neighbour, neighbours()};
  const Tensor here = neighbours_.Search(z, set, ranks);
  VpMove move;
  move.radius = options_.eta * here.select(1, 1);
  const int64_t normals = draws() - 2;
  const Tensor length = move.radius * uniform.select(1, normals).pow(1.0 / static_cast<double>(dims));
  move.offset = Direction(uniform.slice(1, 0, normals), dims) * length.unsqueeze(1);
  const Tensor there = neighbours_.Search(z + move.offset, set, ranks);
  // pi ~ D_k^-d; the proposal's density is 1 / (V_d R^d), R ~ D_M.
  const Tensor log_ratio =
      static_cast<double>(dims) * (here.clamp_min(kTiny).log().sum(1) - there.clamp_min(kTiny).log().sum(1));
  move.supported = length < options_.eta * there.select(1, 1);
  move.accepted = (torch::log1p(-uniform.select(1, normals + 1)) < log_ratio) & move.supported;
  if (!options_.metropolis) move.accepted = torch::isfinite(length);
  return move;
}

BottleneckOutput VectorPerturbation::Forward(const BottleneckInput& input) {
  BottleneckOutput out;
  out.loss = MomentLoss(input.latents, 1, options_.moments, input.group);
  torch::NoGradGuard no_grad;
  const int64_t groups = config_.groups;
  seen_ = Vectors(input.latents);
  auto shape = input.latents.sizes().vec();
  shape.back() = groups;
  const Tensor kept = input.kept.expand(shape).reshape({-1}) > 0;
  const Tensor audible = (input.audible.unsqueeze(-1).expand(shape) > 0).reshape({-1});
  eligible_ = kept & audible & torch::isfinite(seen_).all(1);
  shape.push_back(draws());
  const Tensor uniform = input.random.Uniform(shape, seen_.options()).reshape({-1, draws()});
  const Tensor index = torch::nonzero(kept).squeeze(1);
  const VpMove move = Propose(seen_.index_select(0, index), SetOf(index), uniform.index_select(0, index));
  const Tensor accepted = move.accepted.unsqueeze(1);
  const Tensor moved = torch::where(accepted, move.offset, torch::zeros_like(move.offset));
  const Tensor offset = torch::zeros_like(seen_).index_copy_(0, index, moved);
  {
    const torch::AutoGradMode with_graph(true);
    out.y = input.latents + offset.view(input.latents.sizes()).to(input.latents.scalar_type());
  }
  const Tensor count = accepted.sum();
  const Tensor rms = seen_.index_select(0, index).square().sum(1).mean().sqrt().nan_to_num(1);
  const Tensor mean = moved.norm(2, {1}).sum() / count.clamp_min(1);
  const double age = static_cast<double>(mark(kSteps)) - born_sum_ / static_cast<double>(born_.numel());
  out.watch = {{"accept", count.to(torch::kFloat) / std::max<int64_t>(1, index.size(0))},
               {"move", (mean / rms.clamp_min(kTiny)).nan_to_num(0)},
               {"queue_age", torch::full({}, age, seen_.options())}};
  return out;
}

// The places in eligible [vectors of all ranks] of what each set takes in this step.
std::vector<std::vector<int64_t>> VectorPerturbation::ChooseFresh(const Tensor& eligible) const {
  const double rate = static_cast<double>(queue_.size(1)) / options_.queue_steps;
  const auto pushed = [&](int64_t steps) { return std::floor(rate * static_cast<double>(steps)); };
  const auto wanted = static_cast<size_t>(
      std::min<double>(pushed(mark(kSteps)) - pushed(mark(kSteps) - 1), static_cast<double>(queue_.size(1))));
  std::vector<std::vector<int64_t>> chosen(static_cast<size_t>(sets()));
  const bool* able = eligible.const_data_ptr<bool>();
  for (int64_t i = 0; i < eligible.numel(); ++i) {
    if (able[i]) chosen[static_cast<size_t>(options_.shared ? 0 : i % config_.groups)].push_back(i);
  }
  std::mt19937_64 random = SampleRandom(kFreshSeed, mark(kSteps), Draw::kNoise);
  for (auto& places : chosen) {
    if (places.size() <= wanted) continue;
    for (size_t i = 0; i < wanted; ++i) {
      const double left = static_cast<double>(places.size() - i);
      std::swap(places[i], places[i + static_cast<size_t>(Uniform(random) * left)]);
    }
    places.resize(wanted);
    std::sort(places.begin(), places.end());
  }
  return chosen;
}

void VectorPerturbation::EndStep(Group* group) {
  torch::NoGradGuard no_grad;
  SearchQueue();
  SetMark(kSteps, mark(kSteps) + 1);
  if (!seen_.defined()) return;
  const int64_t ranks = group == nullptr ? 1 : group->size();
  const int64_t rank = group == nullptr ? 0 : group->rank();
  const int64_t own = seen_.size(0);
  Tensor eligible = eligible_;
  if (ranks > 1) {
    Tensor all = torch::zeros({ranks, own}, seen_.options());
    all[rank].copy_(eligible_);
    group->Sum(all);
    eligible = all.view({-1}) > 0;
  }
  const auto chosen = ChooseFresh(eligible.cpu().contiguous());
  std::vector<int64_t> from, to;  // of this rank's: in seen_, and among all that are pushed
  int64_t count = 0;
  for (const auto& places : chosen) {
    for (const int64_t place : places) {
      if (place / own == rank) {
        from.push_back(place % own);
        to.push_back(count);
      }
      ++count;
    }
  }
  const auto on_device = [&](const std::vector<int64_t>& numbers) {
    return torch::tensor(numbers, torch::kInt64).to(seen_.device());
  };
  Tensor fresh = torch::zeros({count, config_.vector_dims}, seen_.options());
  fresh.index_copy_(0, on_device(to), seen_.index_select(0, on_device(from)));
  if (ranks > 1 && count > 0) group->Sum(fresh);
  int64_t first = 0;
  for (int64_t set = 0; set < sets(); ++set) {
    const auto size = static_cast<int64_t>(chosen[static_cast<size_t>(set)].size());
    Push(set, fresh.slice(0, first, first + size));
    first += size;
  }
  RememberQueue();
  seen_ = Tensor();
  eligible_ = Tensor();
}

void VectorPerturbation::Push(int64_t set, const Tensor& vectors) {
  const int64_t size = queue_.size(1);
  for (int64_t done = 0; done < vectors.size(0);) {
    const int64_t slot = mark(kCursors + set);
    const int64_t some = std::min(vectors.size(0) - done, size - slot);
    const Tensor part = vectors.slice(0, done, done + some);
    queue_[set].slice(0, slot, slot + some).copy_(part);
    neighbours_.Replace(set, slot, part);
    Tensor born = born_[set].slice(0, slot, slot + some);
    if (born_.is_cpu()) born_sum_ -= born.sum(torch::kDouble).item<double>();
    born.fill_(mark(kSteps));
    if (born_.is_cpu()) born_sum_ += static_cast<double>(mark(kSteps) * some);
    SetMark(kCursors + set, (slot + some) % size);
    done += some;
  }
}

std::string VectorPerturbation::NotReady() const {
  return mark(kSource) == kNone ? "no codebook was fitted" : "";
}

bool VectorPerturbation::fitted() const {
  return mark(kSource) == kFromData && mark(kFittedAt) == mark(kSteps);
}

std::vector<Tensor> VectorPerturbation::BySet(const Tensor& latents) const {
  const Tensor all = Vectors(latents).cpu();
  std::vector<Tensor> out;
  for (int64_t set = 0; set < sets(); ++set) {
    const Tensor own =
        options_.shared ? all : all.view({-1, config_.groups, config_.vector_dims}).select(1, set);
    out.push_back(own.index_select(0, torch::nonzero(torch::isfinite(own).all(1)).squeeze(1)));
  }
  return out;
}

void VectorPerturbation::Fit(const std::vector<Tensor>& vectors, int iterations, uint64_t seed,
                             Source source) {
  torch::NoGradGuard no_grad;
  Tensor codebook = torch::zeros(codebook_.sizes());
  const std::vector<int> digits = DigitsOf(config_);
  const int block =
      digits.empty() ? config_.codebook_size : digits.front();  // codes that share the last digit
  for (const Tensor& own : vectors) TORCH_CHECK(own.size(0) > 0, "no latents to fit a codebook to");
  at::parallel_for(0, sets(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t set = begin; set < end; ++set) {
      const Tensor points = vectors[static_cast<size_t>(set)].contiguous();
      KMeansOptions options;
      options.codes = config_.codebook_size;
      options.iterations = iterations;
      options.seed = seed + static_cast<uint64_t>(set);
      const int dims = config_.vector_dims;
      const KMeansFit fit =
          FitCodes({points.const_data_ptr<float>(), static_cast<size_t>(points.numel())}, dims, options);
      float* to = codebook.data_ptr<float>() + set * config_.codebook_size * dims;
      for (const int code : OrderOfCodes(fit.codes, dims, block))
        to = std::copy_n(fit.codes.begin() + static_cast<std::ptrdiff_t>(code) * dims, dims, to);
    }
  });
  codebook_.copy_(codebook);
  SetMark(kSource, source);
  SetMark(kFittedAt, mark(kSteps));
}

void VectorPerturbation::FitCodebook(const Tensor& latents, uint64_t seed) {
  Fit(BySet(latents), kIterations, seed, kFromData);
}

void VectorPerturbation::PrepareToQuantize(Group* group) {
  if (mark(kSource) != kNone && mark(kFittedAt) == mark(kSteps)) return;
  torch::NoGradGuard no_grad;
  const Tensor queue = queue_.cpu();
  std::vector<Tensor> vectors;
  for (int64_t set = 0; set < sets(); ++set) vectors.push_back(queue[set]);
  Fit(vectors, kQuickIterations, kCodebookSeed, kFromQueue);
  // Other instruction sets may round otherwise.
  if (group != nullptr && !group->alone()) group->Broadcast(codebook_);
}

BottleneckOutput VectorPerturbation::Quantize(const Tensor& latents) const {
  torch::NoGradGuard no_grad;
  if (!NotReady().empty()) throw std::runtime_error("vector perturbation: " + NotReady());
  const Tensor z = latents.detach().to(torch::kFloat).unflatten(-1, {config_.groups, config_.vector_dims});
  std::vector<Tensor> tokens, values;
  for (int64_t group = 0; group < config_.groups; ++group) {
    const Tensor codes = codebook_[options_.shared ? 0 : group];
    const Tensor token = NearestCodes(z.select(-2, group), codes);
    values.push_back(codes.index_select(0, token.reshape({-1})).view(z.select(-2, group).sizes()));
    tokens.push_back(token);
  }
  BottleneckOutput out;
  out.token = torch::stack(tokens, -1);
  out.y = torch::stack(values, -2).flatten(-2).to(latents.scalar_type());
  out.loss = torch::zeros({}, latents.options());
  return out;
}

double VectorPerturbation::EtaRatio(const Tensor& latents, const at::Generator& generator) {
  torch::NoGradGuard no_grad;
  const Tensor z = Vectors(latents);
  const Tensor uniform = torch::rand({z.size(0), draws()}, generator).to(z.device());
  const Tensor set = SetOf(torch::arange(z.size(0), z.options().dtype(torch::kInt64)));
  const VpMove move = Propose(z, set, uniform);
  const Tensor accepted = torch::nonzero(move.accepted).squeeze(1);
  const auto mean_length = [&](const Tensor& vectors) {
    return vectors.index_select(0, accepted).norm(2, {1}).mean().item<double>();
  };
  return mean_length(Vectors(Quantize(latents).y) - z) / mean_length(move.offset);
}

}  // namespace quaver
