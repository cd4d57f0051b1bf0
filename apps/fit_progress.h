// A line on a terminal that says how far fitting the entropy model is.
#ifndef QUAVER_APPS_FIT_PROGRESS_H_
#define QUAVER_APPS_FIT_PROGRESS_H_

#include "codec/train/fit_entropy.h"

namespace quaver {

// Writes over one line of stderr; empty if that is no terminal.
FitProgress TerminalFitProgress();

}  // namespace quaver

#endif  // QUAVER_APPS_FIT_PROGRESS_H_
