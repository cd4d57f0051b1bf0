// What export, fit-codebook and fit-entropy have in common: progress of the fits, and the weights file.
#ifndef QUAVER_APPS_TRAIN_FITTING_H_
#define QUAVER_APPS_TRAIN_FITTING_H_

#include <memory>
#include <string>

#include "apps/cli/console.h"
#include "codec/io/atomic_file.h"
#include "codec/model/weights.h"
#include "codec/status.h"
#include "codec/train/fit_entropy.h"

namespace quaver {

// Draws "what 3 of 10" in the last line of the terminal. `console` must outlive it.
FitProgress ConsoleFitProgress(Console& console);

// Writes `weights`, whose identity it sets, to `file`, makes that appear and prints its size and identity.
Status CommitWeights(Weights& weights, AtomicFile& file, Console& console);

// Reports an error, if there is one; the exit code.
int ExitCode(const Status& status, Console& console);

}  // namespace quaver

#endif  // QUAVER_APPS_TRAIN_FITTING_H_
