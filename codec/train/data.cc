#include "codec/train/data.h"

namespace quaver {

torch::Tensor DrawCrops(const Dataset& data, const CropOptions& options, std::mt19937_64& random) {
  auto crops = torch::empty({options.batch, options.samples});
  const auto samples = static_cast<size_t>(options.samples);
  for (int b = 0; b < options.batch; ++b) {
    DrawCrop(data, options, random, {crops.data_ptr<float>() + static_cast<size_t>(b) * samples, samples});
  }
  return crops;
}

}  // namespace quaver
