// What `quaver train` leaves in a run's folder for `quaver export`: where the data lie.
#ifndef QUAVER_APPS_TRAIN_RUN_NOTES_H_
#define QUAVER_APPS_TRAIN_RUN_NOTES_H_

#include <string>

#include "codec/status.h"

namespace quaver {

struct RunNotes {
  std::string data;        // folder of the training data
  std::string validation;  // folder; empty: a share of the data was held out
};

// run.json in the folder of the run; paths are made absolute.
Status WriteRunNotes(const std::string& run, const RunNotes& notes);
Result<RunNotes> ReadRunNotes(const std::string& run);

}  // namespace quaver

#endif  // QUAVER_APPS_TRAIN_RUN_NOTES_H_
