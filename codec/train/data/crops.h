// Random crops of a data set: what a training step sees.
#ifndef QUAVER_CODEC_TRAIN_DATA_CROPS_H_
#define QUAVER_CODEC_TRAIN_DATA_CROPS_H_

#include <cstddef>
#include <random>
#include <span>

#include "codec/train/data/augment.h"
#include "codec/train/data/dataset.h"

namespace quaver {

struct CropOptions {
  int batch = 1;
  int samples = 0;  // of a crop
  double low_level_db = -40;
  double high_level_db = -15;
  AugmentOptions augment;
};

// Fills out [samples] with a random crop in -1 .. 1, augmented and then brought to a level drawn between the
// two (dBFS, rms), and says of which clip it is. Clips are drawn in proportion to their length, silent crops
// mostly drawn again; the end of a clip shorter than `out` is followed by zeros. Everything drawn comes from
// `random`, so that threads may draw from one data set with random states of their own. There must be a clip,
// and an index.
size_t DrawCrop(const Dataset& data, const CropOptions& options, std::mt19937_64& random,
                std::span<float> out);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_CROPS_H_
