#include "codec/train/clip_evaluation.h"

#include <torch/utils.h>

#include <algorithm>
#include <utility>

namespace quaver {
namespace {

using TorchTensor = torch::Tensor;

std::vector<float> Values(const TorchTensor& samples) {
  const TorchTensor values = samples.cpu().contiguous();
  return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
}

}  // namespace

ClipEvaluator::ClipEvaluator(TrainingState& state, std::shared_ptr<const Bottleneck> quantiser)
    : state_(state),
      quantiser_(std::move(quantiser)),
      loss_(state.config.training.loss, state.config.model.sample_rate, state.device) {}

ClipLoss ClipEvaluator::Loss(const TorchTensor& reference, const TorchTensor& decoded) const {
  const LossTerms terms = loss_(reference, decoded);
  const LossOptions& options = state_.config.training.loss;
  ClipLoss loss;
  loss.log_mel_db = 20 * terms.log_mel.item<double>();
  loss.convergence = terms.convergence.item<double>();
  loss.waveform = terms.waveform.item<double>();
  loss.total = options.log_mel * loss.log_mel_db / 20 + options.convergence * loss.convergence +
               options.waveform_end * loss.waveform;
  return loss;
}

TorchTensor ClipEvaluator::Decode(const TorchTensor& y, int n_q, int64_t samples) {
  const Config& config = state_.config.model;
  TorchTensor kept = torch::zeros_like(y);
  const int64_t latents = int64_t{n_q} * config.bottleneck.dims();
  kept.slice(2, 0, latents).copy_(y.slice(2, 0, latents));
  return state_.average->Decode(kept).slice(1, config.overlap, config.overlap + samples);
}

ClipEvaluation ClipEvaluator::Evaluate(const std::vector<float>& samples, int n_q, int64_t index) {
  torch::NoGradGuard no_grad;
  const Config& config = state_.config.model;
  const auto count = static_cast<int64_t>(samples.size());
  const int64_t frames = (count + config.overlap + config.frame() - 1) / config.frame();
  TorchTensor input = torch::zeros({1, frames * config.frame()});
  std::copy(samples.begin(), samples.end(), input.data_ptr<float>());
  input = input.to(state_.device);
  const TorchTensor reference = input.slice(1, 0, count);
  const TorchTensor latents = state_.average->Encode(input);

  ClipEvaluation result;
  const BottleneckOutput quantised = quantiser_->Quantize(latents);
  const TorchTensor decoded = Decode(quantised.y, n_q, count);
  result.decoded = Values(decoded);
  result.quantised = Loss(reference, decoded);
  if (quantised.token.defined()) {
    const TorchTensor token = quantised.token.slice(2, 0, n_q).cpu().contiguous();
    result.tokens.assign(token.const_data_ptr<int64_t>(), token.const_data_ptr<int64_t>() + token.numel());
  }
  TorchTensor trained;
  {
    const std::lock_guard lock(one_forward_);
    const BatchRandom random(state_.config.training.seed, index, 1);
    TorchTensor kept = torch::zeros({1, frames, config.bottleneck.groups}, latents.options());
    kept.slice(2, 0, n_q).fill_(1);
    trained =
        state_.bottleneck->Forward({latents, kept, torch::ones({1, frames}, latents.options()), random}).y;
  }
  result.trained = Loss(reference, Decode(trained, n_q, count));
  return result;
}

}  // namespace quaver
