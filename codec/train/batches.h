// Batches of crops, drawn ahead by threads.
#ifndef QUAVER_CODEC_TRAIN_BATCHES_H_
#define QUAVER_CODEC_TRAIN_BATCHES_H_

#include <torch/types.h>

#include <cstdint>
#include <deque>
#include <future>
#include <string>
#include <vector>

#include "codec/train/data/crops.h"

namespace quaver {

struct CropBatch {
  int64_t first_sample = 0;          // global index of the first crop
  torch::Tensor crops;               // [batch, samples]
  std::vector<std::string> sources;  // the file of each crop
};

// `count` crops, each drawn from its own stream (Draw::kCrop).
CropBatch DrawBatch(const Dataset& data, const CropOptions& options, uint64_t seed, int64_t first_sample,
                    int count);

// Which samples a process draws: batches of options.batch crops whose first samples are `stride` apart.
struct BatchPlan {
  uint64_t seed = 1;
  int64_t first_sample = 0;
  int64_t stride = 0;
  int threads = 1;
};

class BatchLoader {
 public:
  // `data` must outlive the loader.
  BatchLoader(const Dataset& data, const CropOptions& options, const BatchPlan& plan);
  CropBatch Next();  // in order, whatever the number of threads

 private:
  void DrawAhead();

  const Dataset& data_;
  CropOptions options_;
  BatchPlan plan_;
  std::deque<std::future<CropBatch>> ahead_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BATCHES_H_
