// Folders of speech as training data.
#ifndef QUAVER_CODEC_TRAIN_DATA_H_
#define QUAVER_CODEC_TRAIN_DATA_H_

#include <torch/torch.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "codec/status.h"

namespace quaver {

struct Clip {
  std::string path;
  std::vector<int16_t> samples;  // mono, at the model's rate
};

// Why a file was not used; each is named once.
struct SkippedFile {
  std::string path;
  std::string reason;
};

struct Dataset {
  std::vector<Clip> clips;  // sorted by path
  std::vector<SkippedFile> skipped;
  std::vector<std::string> not_left_out;  // entries of leave_out that name no file
  int sample_rate = 0;
  double seconds() const;
};

struct LoadOptions {
  int sample_rate = 16000;
  size_t min_samples = 0;              // shorter clips are skipped
  std::vector<std::string> leave_out;  // paths relative to the folder
  std::function<void(size_t done, size_t total)> progress;
};

// Reads every sound file under `folder` (whatever libsndfile reads), mixed down and resampled. Files that are
// corrupt, empty, silent or too short are skipped and listed. An error if nothing is left.
Result<Dataset> LoadDataset(const std::string& folder, const LoadOptions& options);

// Moves a share of the clips (at least one, if there are two), chosen by a hash of their names, into a second
// set.
Dataset HoldOut(Dataset& data, double share);

struct CropOptions {
  int batch = 1;
  int samples = 0;  // of a crop
  double low_level_db = -40;
  double high_level_db = -15;
};

// Random crops [batch, samples] in -1 .. 1, each brought to a level drawn between the two; clips are drawn in
// proportion to their length, silent crops mostly drawn again.
torch::Tensor DrawCrops(const Dataset& data, const CropOptions& options, std::mt19937_64& random);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_H_
