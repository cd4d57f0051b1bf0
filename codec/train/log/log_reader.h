// Reads the log of a training run: JSON lines as RunLog (run_log.h) writes them.
#ifndef QUAVER_CODEC_TRAIN_LOG_LOG_READER_H_
#define QUAVER_CODEC_TRAIN_LOG_LOG_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/log/validation_result.h"

namespace quaver {

struct TrainingLog {
  struct Scalar {
    std::string name;
    std::vector<double> values;  // [steps], NaN where a step has none or it was not finite
  };
  struct Validation {
    int64_t step = 0;
    ValidationResult result;  // less the samples
  };
  std::vector<int64_t> steps;           // rising
  std::vector<double> times;            // [steps], seconds since 1970, NaN in logs of earlier versions
  std::vector<Scalar> scalars;          // in the order in which they came up
  std::vector<Validation> validations;  // rising steps
  std::vector<std::string> starts;      // JSON objects: the facts of each start and restart
  bool unfinished = false;              // the last line ends in the middle: a run that goes on, or was killed
};

// Where steps are repeated (a run resumed from an earlier checkpoint) the later lines count. Errors name the
// file, the line and the cause. Lines up to 1 MiB, a file up to 4 GiB, 256 scalars.
Result<TrainingLog> ReadTrainingLog(const std::string& path);

// Removes, atomically, the lines of steps beyond `step`, and lines that are no JSON (of a killed run). A file
// that is not there is fine.
Status CutTrainingLog(const std::string& path, int64_t step);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_LOG_READER_H_
