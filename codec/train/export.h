// From a training run to a weights file.
#ifndef QUAVER_CODEC_TRAIN_EXPORT_H_
#define QUAVER_CODEC_TRAIN_EXPORT_H_

#include <functional>
#include <string>

#include "codec/data/dataset.h"
#include "codec/model/weights.h"
#include "codec/status.h"
#include "codec/train/checkpoint.h"

namespace quaver {

// An error that says why, unless the runtime has what the configuration asks for.
Status CheckExport(const Config& config);

// The averaged weights, rounded as the file stores them, with frequency tables counted on `data` and these
// metadata: "licence", "training" (JSON: steps, hours, configuration, data, and
// those of the weights that the run began with), "payload_bps" (JSON array: bits
// per second of packets of 25 frames at n_q = 1 .. groups, measured on a part of `data`).
// Codebooks that are missing or older than the weights are fitted to `data` first (fit_codebook.h).
Result<Weights> ExportWeights(TrainingState& state, const Dataset& data,
                              const std::function<void(size_t done, size_t total)>& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_EXPORT_H_
