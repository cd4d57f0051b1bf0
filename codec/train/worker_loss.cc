#include "codec/train/worker_loss.h"

#include <torch/autograd.h>

namespace quaver {
namespace {

using torch::Tensor;

Tensor Reconstruction(const LossOptions& options, const LossTerms& terms, double progress) {
  const double waveform = options.waveform + progress * (options.waveform_end - options.waveform);
  return options.log_mel * terms.log_mel + options.convergence * terms.convergence +
         waveform * terms.waveform;
}

WorkerLoss LossOf(const GeneratorPass::Part& part, const ReconstructionLoss& loss, const LossOptions& options,
                  double progress) {
  const Tensor decoded = part.decoded.detach().requires_grad_();
  const LossTerms terms = loss(part.reference, decoded);
  const Tensor total = Reconstruction(options, terms, progress);
  const Tensor values = torch::stack({total, terms.log_mel, terms.convergence, terms.waveform}).detach();
  const auto share = torch::full_like(total, part.share);
  return {part.share * values, torch::autograd::grad({total}, {decoded}, {share})[0]};
}

}  // namespace

std::vector<WorkerLoss> LossesOf(const GeneratorPass& pass, const ReconstructionLoss& loss,
                                 const LossOptions& options, double progress, Workers& workers) {
  std::vector<WorkerLoss> losses(pass.parts().size());
  workers.Run([&](int worker) {
    const auto i = static_cast<size_t>(worker);
    losses[i] = LossOf(pass.parts()[i], loss, options, progress);
  });
  return losses;
}

}  // namespace quaver
