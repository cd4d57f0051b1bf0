#include "codec/train/lane_gradients.h"

#include <torch/autograd.h>
#include <torch/utils.h>

namespace quaver {

using torch::Tensor;

LaneGradients::LaneGradients(Lanes& lanes, GradientSum& sum)
    : threads_(lanes), sum_(sum), lanes_(static_cast<size_t>(lanes.count())) {
  sum_.Begin();
}

std::vector<Tensor> LaneGradients::Backward(int lane, const std::vector<Tensor>& roots,
                                            const std::vector<Tensor>& at_roots,
                                            const std::vector<Tensor>& inputs, bool keep_graph) {
  const std::vector<Tensor>& parameters = sum_.parameters();
  std::vector<Tensor> wanted = parameters;
  wanted.insert(wanted.end(), inputs.begin(), inputs.end());
  if (lanes_.size() == 1) {  // straight into .grad, so that buckets travel while the pass still runs
    torch::autograd::backward(roots, at_roots, keep_graph, /*create_graph=*/false, wanted);
    std::vector<Tensor> out;
    for (const Tensor& input : inputs) out.push_back(input.grad());
    return out;
  }
  const auto gradients = torch::autograd::grad(roots, wanted, at_roots, keep_graph, /*create_graph=*/false,
                                               /*allow_unused=*/true);
  auto& own = lanes_[static_cast<size_t>(lane)];
  own.resize(parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (gradients[i].defined()) own[i] = gradients[i];
  }
  return {gradients.begin() + static_cast<std::ptrdiff_t>(parameters.size()), gradients.end()};
}

void LaneGradients::Collect() {
  if (lanes_.size() == 1) return;
  torch::NoGradGuard no_grad;
  std::vector<Tensor> sums(sum_.parameters().size());
  for (auto& lane : lanes_) {
    std::vector<Tensor> into, from;  // in one call for all that are there already
    for (size_t i = 0; i < lane.size(); ++i) {
      if (!lane[i].defined()) continue;
      if (sums[i].defined()) {
        into.push_back(sums[i]), from.push_back(lane[i]);
      } else {
        sums[i] = lane[i];
      }
    }
    if (!into.empty()) {
      threads_.RunOn({into, from}, [](const std::vector<std::vector<Tensor>>& own) {
        torch::NoGradGuard in_lane;
        at::_foreach_add_(own[0], own[1]);
      });
    }
    lane.clear();
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].defined()) sum_.Give(i, sums[i]);
  }
}

void LaneGradients::Finish() {
  Collect();
  sum_.Finish();
}

}  // namespace quaver
