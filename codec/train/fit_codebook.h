// The codebooks of vector perturbation, fitted after training to latents of the training data.
#ifndef QUAVER_CODEC_TRAIN_FIT_CODEBOOK_H_
#define QUAVER_CODEC_TRAIN_FIT_CODEBOOK_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "codec/metrics/token_stats.h"
#include "codec/status.h"
#include "codec/train/checkpoint.h"
#include "codec/train/data/dataset.h"

namespace quaver {

struct FitCodebookOptions {
  int64_t frames = 65536;  // of audible speech, at least
  uint64_t seed = 1;
};

// How a group's codes fit the latents that they were fitted to.
struct CodebookStats {
  TokenStats tokens;
  double mean_distance = 0;  // of a vector to its code
  double error = 0;          // mean squared distance over the vectors' variance, 0 .. 1
};

// The bottleneck is one with codebooks, and these are older than the weights or none.
bool NeedsCodebook(const TrainingState& state);

// Latents [frames, latents] of the averaged network: of the audible frames of crops that are drawn as in
// training but four times as long, and of digital silence as many as an average code has vectors, so that
// silence has a code of its own. An error if the data are silent.
Result<torch::Tensor> DrawLatents(TrainingState& state, const Dataset& data,
                                  const FitCodebookOptions& options,
                                  const std::function<void(int64_t done, int64_t total)>& progress);

// Fits the codebooks of the state's bottleneck to these. An error if it has none. Deterministic.
Result<std::vector<CodebookStats>> FitCodebooks(
    TrainingState& state, const Dataset& data, const FitCodebookOptions& options,
    const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_FIT_CODEBOOK_H_
