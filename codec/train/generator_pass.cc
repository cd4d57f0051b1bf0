#include "codec/train/generator_pass.h"

#include "codec/train/dropout.h"
#include "codec/train/random.h"

namespace quaver {
namespace {

using TorchTensor = torch::Tensor;

// [batch, frames], 1 where the crops [batch, frames * frame] are louder than digital silence.
TorchTensor Audible(const TorchTensor& crops, int frame) {
  constexpr double kSilence = 1e-4;  // -80 dBFS
  return (crops.unflatten(1, {-1, frame}).abs().amax(-1) > kSilence).to(torch::kFloat);
}

// The same values where a graph begins anew.
TorchTensor Leaf(const TorchTensor& tensor) { return tensor.detach().requires_grad_(); }

}  // namespace

GeneratorPass::GeneratorPass(TrainingState& state, Workers& workers)
    : state_(state),
      workers_(workers),
      parts_(static_cast<size_t>(workers.count())),
      encoded_(parts_.size()),
      to_decode_(parts_.size()) {}

void GeneratorPass::Forward(const CropBatch& batch, const TorchTensor& crops, Group& group) {
  const TrainingOptions& options = state_.config.training;
  const Config& model = state_.config.model;
  state_.network->set_bf16(state_.UsesBf16());
  const std::vector<TorchTensor> samples = workers_.Split(crops);
  workers_.Run([&](int worker) {
    const auto i = static_cast<size_t>(worker);
    parts_[i].share = static_cast<double>(samples[i].size(0)) / static_cast<double>(crops.size(0));
    parts_[i].reference = samples[i].slice(1, 0, crops.size(1) - model.overlap);
    encoded_[i] = state_.network->Encode(samples[i]);
  });
  latents_ = Leaf(torch::cat(encoded_));
  const int count = static_cast<int>(crops.size(0));
  const BatchRandom noise(options.seed, batch.first_sample, count);
  const TorchTensor mask = DrawTokenMasks(options.drop, options.seed, batch.first_sample, count,
                                          static_cast<int>(latents_.size(1)), model.bottleneck.groups)
                               .to(crops.device());
  bottleneck_ = state_.bottleneck->Forward({latents_, mask, Audible(crops, model.frame()), noise, &group});
  kept_ = bottleneck_.y * mask.repeat_interleave(model.bottleneck.dims(), -1);
  const std::vector<TorchTensor> kept = workers_.Split(kept_.detach());
  const std::vector<TorchTensor> tokens = workers_.Split(mask.sum(-1).mean(-1));
  workers_.Run([&](int worker) {
    const auto i = static_cast<size_t>(worker);
    parts_[i].tokens = tokens[i];
    to_decode_[i] = Leaf(kept[i]);
    parts_[i].decoded = state_.network->Decode(to_decode_[i]).slice(1, model.overlap);
  });
}

void GeneratorPass::Backward(const std::vector<TorchTensor>& at_decoded, double bottleneck_weight,
                             WorkerGradients& gradients) {
  std::vector<TorchTensor> at_kept(parts_.size());
  workers_.Run([&](int worker) {
    const auto i = static_cast<size_t>(worker);
    at_kept[i] = gradients.Backward(worker, {parts_[i].decoded}, {at_decoded[i]}, {to_decode_[i]})[0];
  });
  gradients.Collect();
  std::vector<TorchTensor> roots = {kept_};
  std::vector<TorchTensor> at_roots = {torch::cat(at_kept)};
  if (bottleneck_.loss.requires_grad()) {
    roots.push_back(bottleneck_.loss);
    at_roots.push_back(torch::full_like(bottleneck_.loss, bottleneck_weight));
  }
  const TorchTensor at_latents = gradients.Backward(0, roots, at_roots, {latents_})[0];
  const std::vector<TorchTensor> at_encoded = workers_.Split(at_latents);
  workers_.Run([&](int worker) {
    const auto i = static_cast<size_t>(worker);
    gradients.Backward(worker, {encoded_[i]}, {at_encoded[i]}, {});
  });
  gradients.Collect();
}

}  // namespace quaver
