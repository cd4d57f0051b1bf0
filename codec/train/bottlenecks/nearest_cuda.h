// Nearest neighbours on a GPU: plain CUDA runtime, no LibTorch in it.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_CUDA_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_CUDA_H_

#include <cstdint>

namespace quaver::internal {

inline constexpr int kMaxCudaRank = 128;
inline constexpr int kMaxCudaDims = 8;

// Pointers are to memory of the current device, but for `ranks`. queries [queries, dims], points [count,
// dims], ranks [rank_count] from 1 to kMaxCudaRank, ascending -> distances [queries, rank_count], infinite
// where there are fewer points. Runs in the default stream. Returns what the CUDA runtime says is wrong, or
// null.
const char* NearestOnCuda(const float* queries, int64_t query_count, const float* points, int64_t count,
                          int dims, const int* ranks, int rank_count, float* distances);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_CUDA_H_
