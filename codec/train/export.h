// From a training run to a weights file.
#ifndef QUAVER_CODEC_TRAIN_EXPORT_H_
#define QUAVER_CODEC_TRAIN_EXPORT_H_

#include "codec/model/weights.h"
#include "codec/status.h"
#include "codec/train/checkpoint.h"
#include "codec/train/data/dataset.h"
#include "codec/train/fit_entropy.h"

namespace quaver {

// An error that says why, unless the runtime has what the configuration asks for.
Status CheckExport(const Config& config);

struct ExportOptions {
  bool eight_bit = true;  // matrices are rounded to 8 bits first, and stored so (codec/model/eight_bit.h)
  bool fit_level = true;  // decoded sound is brought to the level of the input (fit_level.h)
  FitEntropyNetworkOptions entropy_network;
};

// The averaged weights, with an entropy model fitted to `data` (fit_entropy.h) and these metadata beside that
// one's: "licence", "gain_db" (of the level), "training" (JSON: steps, hours, configuration, data, and those
// of the weights that the run began with). Codebooks that are missing or older than the weights are fitted to
// `data` first (fit_codebook.h).
Result<Weights> ExportWeights(TrainingState& state, const Dataset& data, const ExportOptions& options,
                              const FitProgress& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_EXPORT_H_
