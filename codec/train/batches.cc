#include "codec/train/batches.h"

#include <span>

#include "codec/train/random.h"

namespace quaver {

CropBatch DrawBatch(const Dataset& data, const CropOptions& options, uint64_t seed, int64_t first_sample,
                    int count) {
  CropBatch batch{first_sample, torch::zeros({count, options.samples}), {}};
  float* out = batch.crops.data_ptr<float>();
  for (int i = 0; i < count; ++i, out += options.samples) {
    std::mt19937_64 random = SampleRandom(seed, first_sample + i, Draw::kCrop);
    const size_t clip = DrawCrop(data, options, random, std::span(out, static_cast<size_t>(options.samples)));
    batch.sources.push_back(data.clips[clip].path);
  }
  return batch;
}

BatchLoader::BatchLoader(const Dataset& data, const CropOptions& options, const BatchPlan& plan)
    : data_(data), options_(options), plan_(plan) {
  for (int i = 0; i < 2 * plan_.threads; ++i) DrawAhead();
}

void BatchLoader::DrawAhead() {
  const int64_t first = plan_.first_sample;
  plan_.first_sample += plan_.stride;
  ahead_.push_back(std::async(std::launch::async, [this, first] {
    return DrawBatch(data_, options_, plan_.seed, first, options_.batch);
  }));
}

CropBatch BatchLoader::Next() {
  CropBatch batch = ahead_.front().get();
  ahead_.pop_front();
  DrawAhead();
  return batch;
}

}  // namespace quaver
