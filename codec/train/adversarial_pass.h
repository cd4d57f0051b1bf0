// What the discriminators make of a step's decoded speech: they learn from it, and say what the decoder is to
// change.
#ifndef QUAVER_CODEC_TRAIN_ADVERSARIAL_PASS_H_
#define QUAVER_CODEC_TRAIN_ADVERSARIAL_PASS_H_

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "codec/train/checkpoint.h"
#include "codec/train/distributed/data_parallel.h"
#include "codec/train/generator_pass.h"
#include "codec/train/workers.h"

namespace quaver {

struct AdversarialResult {
  std::vector<torch::Tensor> at_decoded;              // [samples of the worker, samples], for each worker
  std::vector<std::pair<std::string, double>> terms;  // losses by name, of the whole batch
};

// How much of the discriminators' gradient crops with so many tokens a frame [samples] feel -> [samples]
// (AdversaryOptions::one_token_share).
torch::Tensor AdversaryShares(const AdversaryOptions& options, const torch::Tensor& tokens);

// Discriminators judge the parts of a batch, on the workers; if it is their turn they are updated, at `rate`
// times their learning rate. The gradients at the decoded samples are the reconstruction's (`at_decoded`, of
// each part), and in proportion to it those of the adversarial and the feature loss (codec/train/balancer.h),
// of which crops with few tokens feel their share.
AdversarialResult AdversarialPass(TrainingState& state, const std::vector<GeneratorPass::Part>& parts,
                                  const std::vector<torch::Tensor>& at_decoded, double rate,
                                  DataParallel& peers, Workers& workers);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_ADVERSARIAL_PASS_H_
