// From a source (source.h) to a data set, and to the two that a training run needs.
#ifndef QUAVER_CODEC_TRAIN_DATA_LOAD_H_
#define QUAVER_CODEC_TRAIN_DATA_LOAD_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "codec/status.h"
#include "codec/train/data/dataset.h"
#include "codec/train/data/source.h"

namespace quaver {

// Which clips of a source:
// kAll         every one
// kTraining    all but those of official dev and test parts
// kValidation  the official dev part; without one, the test part; without parts, every one
enum class Part { kAll, kTraining, kValidation };

struct LoadOptions {
  int sample_rate = 16000;
  size_t min_samples = 0;              // shorter clips are skipped
  std::vector<std::string> leave_out;  // names within the source
  std::function<void(size_t done, size_t total)> progress;
  Part part = Part::kAll;
  int threads = 0;  // 0: as many as there are cores
};

// Indices of the entries of a part.
std::vector<size_t> EntriesOf(const Source& source, Part part);

// Decodes, mixes down and resamples; clips of shards stay where they are mapped, and must have the rate.
// Clips that are corrupt, empty, silent (those of shards are not looked at) or too short are skipped and
// listed. An error if nothing is left.
Result<Dataset> LoadDataset(const std::string& path, const LoadOptions& options);

struct TrainingSets {
  Dataset train;
  Dataset validation;  // may be empty
};

// `validation` is a source, of which the validation part is read, or "": then it is the official dev part of
// `data` or, without one, a share `held_out` of its clips (HoldOut). Official test parts are never trained
// on. A speaker in both sets is an error that names some; in a dev part of `data` itself, such clips are left
// aside with a note.
Result<TrainingSets> LoadTrainingSets(const std::string& data, const std::string& validation, double held_out,
                                      const LoadOptions& options);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_LOAD_H_
