// What a training run left behind, for the commands that go on with it.
#ifndef QUAVER_APPS_TRAIN_TRAINED_RUN_H_
#define QUAVER_APPS_TRAIN_TRAINED_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "apps/cli/console.h"
#include "codec/status.h"
#include "codec/train/checkpoint.h"
#include "codec/train/data/dataset.h"
#include "codec/train/fit_codebook.h"

namespace quaver {

// The data that the run was trained on; all of `source` but official dev and test parts if one is given.
Result<Dataset> LoadRunData(const std::string& run, const std::string& source, const TrainingConfig& config);

// The newest checkpoint that can be read (`console` tells of others), or the one with the best validation.
Result<std::unique_ptr<TrainingState>> LoadRunState(const std::string& run, bool best, Console& console);

// Fits the codebooks and prints how they fit to stderr, with a line of progress on a terminal.
Status FitAndPrintCodebooks(TrainingState& state, const Dataset& data, const FitCodebookOptions& options,
                            Console& console);

}  // namespace quaver

#endif  // QUAVER_APPS_TRAIN_TRAINED_RUN_H_
