#include "codec/train/distributed/data_parallel.h"

#include <nlohmann/json.hpp>

namespace quaver {

DataParallel::DataParallel(Group& the_group, TrainingState& state)
    : group(the_group), network(the_group, state.TrainedParameters()) {
  if (state.adversary) {
    discriminators = std::make_unique<GradientSum>(the_group, state.adversary->discriminators->parameters());
  }
}

torch::Tensor DataParallel::Mean(const torch::Tensor& own) {
  if (group.alone()) return own;
  torch::Tensor sum = own.clone();
  group.Sum(sum);
  return sum / group.size();
}

std::vector<double> DataParallel::Mean(const std::vector<double>& own) {
  const torch::Tensor mean = Mean(torch::tensor(own, torch::kDouble));
  return {mean.const_data_ptr<double>(), mean.const_data_ptr<double>() + mean.numel()};
}

Result<Share> ShareOfBatch(const Group& group, int batch) {
  if (batch % group.size() != 0) {
    return Error{"\"batch\" is " + std::to_string(batch) + ", which cannot be shared out among " +
                 std::to_string(group.size()) + " processes: it is the batch of all of them together"};
  }
  const int count = batch / group.size();
  return Share{count, int64_t{group.rank()} * count};
}

Status AgreeOnRun(Group& group, const TrainingState& state, const Dataset& data) {
  int64_t samples = 0;
  for (const Clip& clip : data.clips) samples += static_cast<int64_t>(clip.samples.size());
  const nlohmann::json run = {{"model", nlohmann::json::parse(CanonicalJson(state.config.model))},
                              {"training", nlohmann::json::parse(TrainingJson(state.config.training))},
                              {"checkpoint", {{"step", state.step}, {"samples", state.samples}}},
                              {"data", {{"clips", data.clips.size()}, {"samples", samples}}}};
  return group.Agree("run to do", run.dump());
}

void BroadcastWeights(Group& group, TrainingState& state) {
  if (group.alone()) return;
  std::vector<torch::Tensor> tensors = state.TrainedParameters();
  const auto add = [&](const std::vector<torch::Tensor>& more) {
    tensors.insert(tensors.end(), more.begin(), more.end());
  };
  add(state.average->parameters());
  if (state.adversary) add(state.adversary->discriminators->parameters());
  for (torch::Tensor& tensor : tensors) group.Broadcast(tensor);
}

}  // namespace quaver
