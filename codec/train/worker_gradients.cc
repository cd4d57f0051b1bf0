#include "codec/train/worker_gradients.h"

#include <torch/autograd.h>
#include <torch/utils.h>

namespace quaver {

using torch::Tensor;

WorkerGradients::WorkerGradients(Workers& workers, GradientSum& sum)
    : workers_(workers), sum_(sum), gradients_(static_cast<size_t>(workers.count())) {
  sum_.Begin();
}

std::vector<Tensor> WorkerGradients::Backward(int worker, const std::vector<Tensor>& roots,
                                              const std::vector<Tensor>& at_roots,
                                              const std::vector<Tensor>& inputs, bool keep_graph) {
  const std::vector<Tensor>& parameters = sum_.parameters();
  std::vector<Tensor> wanted = parameters;
  wanted.insert(wanted.end(), inputs.begin(), inputs.end());
  if (gradients_.size() == 1) {  // straight into .grad, so that buckets travel while the pass still runs
    torch::autograd::backward(roots, at_roots, keep_graph, /*create_graph=*/false, wanted);
    std::vector<Tensor> out;
    for (const Tensor& input : inputs) out.push_back(input.grad());
    return out;
  }
  const auto found = torch::autograd::grad(roots, wanted, at_roots, keep_graph, /*create_graph=*/false,
                                           /*allow_unused=*/true);
  auto& own = gradients_[static_cast<size_t>(worker)];
  own.resize(parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (found[i].defined()) own[i] = found[i];
  }
  return {found.begin() + static_cast<std::ptrdiff_t>(parameters.size()), found.end()};
}

void WorkerGradients::Collect() {
  if (gradients_.size() == 1) return;
  torch::NoGradGuard no_grad;
  std::vector<Tensor> sums(sum_.parameters().size());
  for (auto& worker : gradients_) {
    std::vector<Tensor> into, from;  // in one call for all that are there already
    for (size_t i = 0; i < worker.size(); ++i) {
      if (!worker[i].defined()) continue;
      if (sums[i].defined()) {
        into.push_back(sums[i]), from.push_back(worker[i]);
      } else {
        sums[i] = worker[i];
      }
    }
    if (!into.empty()) {
      workers_.RunOn({into, from}, [](const std::vector<std::vector<Tensor>>& own) {
        torch::NoGradGuard in_worker;
        at::_foreach_add_(own[0], own[1]);
      });
    }
    worker.clear();
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].defined()) sum_.Give(i, sums[i]);
  }
}

void WorkerGradients::Finish() {
  Collect();
  sum_.Finish();
}

}  // namespace quaver
