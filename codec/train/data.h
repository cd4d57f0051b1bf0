// Batches of training data as tensors.
#ifndef QUAVER_CODEC_TRAIN_DATA_H_
#define QUAVER_CODEC_TRAIN_DATA_H_

#include <torch/torch.h>

#include <random>

#include "codec/data/crops.h"
#include "codec/data/load.h"

namespace quaver {

// A batch of DrawCrop()s, [batch, samples].
torch::Tensor DrawCrops(const Dataset& data, const CropOptions& options, std::mt19937_64& random);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DATA_H_
