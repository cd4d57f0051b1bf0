// Folders of speech as training data.
#ifndef QUAVER_CODEC_TRAIN_DATA_H_
#define QUAVER_CODEC_TRAIN_DATA_H_

#include <torch/torch.h>

#include <functional>
#include <random>
#include <span>
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
  std::vector<double> ends;  // samples up to the end of each clip; Index() makes it after `clips` changed
  void Index();
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

// Fills out [samples] with a random crop in -1 .. 1, brought to a level drawn between the two, and says of
// which clip it is. Clips are drawn in proportion to their length, silent crops mostly drawn again; the end
// of a clip shorter than `out` is followed by zeros. Everything drawn comes from `random`, so that threads
// may draw from one data set with random states of their own. There must be a clip, and an index.
size_t DrawCrop(const Dataset& data, const CropOptions& options, std::mt19937_64& random,
                std::span<float> out);

// A batch of these, [batch, samples].
torch::Tensor DrawCrops(const Dataset& data, const CropOptions& options, std::mt19937_64& random);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_H_
