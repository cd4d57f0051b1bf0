// Randomness that belongs to a sample of the training, not to a process: whatever is drawn for the sample
// with the global index i depends on the seed and on i alone. So a run that was interrupted, one that is
// spread over processes and one whose batches are drawn ahead by threads all see the same crops, masks and
// noise.
#ifndef QUAVER_CODEC_TRAIN_RANDOM_H_
#define QUAVER_CODEC_TRAIN_RANDOM_H_

#include <cstdint>
#include <random>
#include <torch/types.h>
#include <vector>

namespace quaver {

enum class Draw : uint64_t { kCrop = 1, kMask = 2, kNoise = 3 };  // independent streams of one sample

// SplitMix64 (Steele et al., OOPSLA 2014) over seed, sample and stream.
uint64_t SampleSeed(uint64_t seed, int64_t sample, Draw what);
std::mt19937_64 SampleRandom(uint64_t seed, int64_t sample, Draw what);

// Uniform numbers in [0, 1) for a batch.
class BatchRandom {
 public:
  BatchRandom(const at::Generator& generator) : generators_{generator} {}  // one stream for the whole batch
  BatchRandom(uint64_t seed, int64_t first_sample, int count);             // one a sample (Draw::kNoise)

  // [count, ...]: row i comes from the stream of sample first_sample + i. Each call goes on where the last
  // ended.
  torch::Tensor Uniform(at::IntArrayRef sizes, const torch::TensorOptions& options) const;

 private:
  torch::Tensor UniformOnDevice(at::IntArrayRef sizes, const torch::TensorOptions& options) const;

  std::vector<at::Generator> generators_;
  torch::Tensor seeds_;        // [count], of the streams on other devices than the CPU
  mutable int64_t drawn_ = 0;  // numbers of each of those streams
};

// The numbers from .. from + count - 1 of the streams with these seeds [streams]: uniform in [0, 1), float
// [streams, count], on the device of the seeds. SplitMix64 as a counter-based generator (Salmon et al., SC
// 2011): every number stands for itself, so that a GPU draws all of them at once.
torch::Tensor CountedUniform(const torch::Tensor& seeds, int64_t from, int64_t count);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_RANDOM_H_
