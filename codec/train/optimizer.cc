#include "codec/train/optimizer.h"

#include <torch/serialize/archive.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace quaver {

using torch::Tensor;

namespace {

using Lists = std::vector<std::vector<Tensor>>;

// Without gradients, which is said to each thread.
void RunOn(Workers* workers, const Lists& lists, const std::function<void(const Lists&)>& run) {
  const auto quietly = [&](const Lists& own) {
    torch::NoGradGuard no_grad;
    run(own);
  };
  return workers == nullptr ? quietly(lists) : workers->RunOn(lists, quietly);
}

}  // namespace

AdamW::Group AdamW::MakeGroup(std::vector<Tensor> parameters, double weight_decay) {
  Group group{std::move(parameters), {}, {}, weight_decay};
  torch::NoGradGuard no_grad;
  for (const Tensor& parameter : group.parameters) {
    group.first.push_back(torch::zeros_like(parameter));
    group.second.push_back(torch::zeros_like(parameter));
  }
  return group;
}

AdamW::AdamW(std::vector<Tensor> matrices, std::vector<Tensor> vectors, const AdamWOptions& options)
    : options_(options) {
  groups_.push_back(MakeGroup(std::move(matrices), options.weight_decay));
  groups_.push_back(MakeGroup(std::move(vectors), 0));
}

std::vector<Tensor> AdamW::Gradients() const {
  std::vector<Tensor> gradients;
  for (const Group& group : groups_) {
    for (const Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    }
  }
  return gradients;
}

double AdamW::GradientNorm(Workers* workers) const {
  torch::NoGradGuard no_grad;
  const std::vector<Tensor> gradients = Gradients();
  if (gradients.empty()) return 0;
  std::vector<Tensor> norms;
  std::mutex mutex;
  RunOn(workers, {gradients}, [&](const Lists& own) {
    const std::vector<Tensor> norm = {torch::stack(at::_foreach_norm(own[0], 2)).norm()};
    const std::lock_guard lock(mutex);
    norms.insert(norms.end(), norm.begin(), norm.end());
  });
  double sum = 0;
  std::vector<double> squares;
  for (const Tensor& norm : norms) squares.push_back(std::pow(norm.item<double>(), 2));
  std::sort(squares.begin(), squares.end());  // whichever worker was first
  for (const double square : squares) sum += square;
  return std::sqrt(sum);
}

void AdamW::Step(double learning_rate, double gradient_scale, Workers* workers) {
  torch::NoGradGuard no_grad;
  ++steps_;
  for (const Group& group : groups_) {
    Lists lists(4);  // parameters, gradients, first and second moments
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      const Tensor& gradient = group.parameters[i].grad();
      if (!gradient.defined()) continue;
      lists[0].push_back(group.parameters[i]);
      lists[1].push_back(gradient);
      lists[2].push_back(group.first[i]);
      lists[3].push_back(group.second[i]);
    }
    if (lists[0].empty()) continue;
    const auto scalar = torch::TensorOptions().device(lists[0][0].device()).dtype(torch::kFloat);
    const Tensor steps = torch::full({}, static_cast<double>(steps_), scalar);
    std::optional<Tensor> divisor;  // what the fused step divides the gradients by
    if (gradient_scale != 1) divisor = torch::full({}, 1 / gradient_scale, scalar);
    RunOn(workers, lists, [&](const Lists& own) {
      at::_fused_adamw_(own[0], own[1], own[2], own[3], {}, std::vector<Tensor>(own[0].size(), steps),
                        learning_rate, options_.beta1, options_.beta2, group.weight_decay, options_.epsilon,
                        /*amsgrad=*/false, /*maximize=*/false, divisor, /*found_inf=*/std::nullopt);
    });
  }
}

void AdamW::ZeroGrad() {
  for (Group& group : groups_) {
    for (Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

void AdamW::Save(torch::serialize::OutputArchive& archive) const {
  archive.write("steps", c10::IValue(steps_));
  int64_t count = 0;
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.parameters.size(); ++i, ++count) {
      archive.write("first" + std::to_string(count), group.first[i], /*is_buffer=*/true);
      archive.write("second" + std::to_string(count), group.second[i], /*is_buffer=*/true);
    }
  }
  archive.write("count", c10::IValue(count));
}

void AdamW::Load(torch::serialize::InputArchive& archive) {
  torch::NoGradGuard no_grad;
  c10::IValue number;
  archive.read("count", number);
  const int64_t saved = number.toInt();
  int64_t count = 0;
  for (const Group& group : groups_) count += static_cast<int64_t>(group.parameters.size());
  TORCH_CHECK(saved == count, "the optimiser has moments of ", saved, " parameters, not of ", count);
  archive.read("steps", number);
  steps_ = number.toInt();
  count = 0;
  const auto read = [&](const std::string& key, Tensor& target) {
    Tensor source;
    archive.read(key, source, /*is_buffer=*/true);
    TORCH_CHECK(source.sizes() == target.sizes(), "the optimiser's ", key, " has the shape ", source.sizes(),
                ", not ", target.sizes());
    target.copy_(source);
  };
  for (Group& group : groups_) {
    for (size_t i = 0; i < group.parameters.size(); ++i, ++count) {
      read("first" + std::to_string(count), group.first[i]);
      read("second" + std::to_string(count), group.second[i]);
    }
  }
}

double ClipScale(double norm, double limit) { return std::min(1.0, limit / (norm + 1e-6)); }

void Follow(const std::vector<Tensor>& average, const std::vector<Tensor>& weights, double rate,
            Workers* workers) {
  RunOn(workers, {average, weights}, [&](const Lists& own) { at::_foreach_lerp_(own[0], own[1], rate); });
}

}  // namespace quaver
