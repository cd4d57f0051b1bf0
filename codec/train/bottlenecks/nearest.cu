#include <cuda_runtime.h>

#include "codec/train/bottlenecks/nearest_cuda.h"

namespace quaver::internal {
namespace {

constexpr int kThreads = 128;  // queries of a block
constexpr int kTile = 512;     // points in shared memory at a time

struct Ranks {
  int count;
  int rank[kMaxCudaRank];
};

// The `size` smallest values so far, the largest of them first (a heap).
struct Heap {
  float value[kMaxCudaRank];
  int size;

  __device__ void Sink(int count, float x) {
    int at = 0;
    for (int child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && value[child + 1] > value[child]) ++child;
      if (value[child] <= x) break;
      value[at] = value[child];
      at = child;
    }
    value[at] = x;
  }
  __device__ void Sort() {
    for (int last = size - 1; last > 0; --last) {
      const float x = value[last];
      value[last] = value[0];
      Sink(last, x);
    }
  }
};

// One thread a query; all threads of a block read the points of a tile in the same order, from shared memory.
template <int kDims>
__global__ void NearestKernel(const float* queries, int64_t query_count, const float* points, int64_t count,
                              Ranks ranks, float* distances) {
  __shared__ float tile[kTile * kDims];
  const int64_t n = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  float query[kDims];
  for (int dim = 0; dim < kDims; ++dim) query[dim] = n < query_count ? queries[n * kDims + dim] : 0.0f;
  Heap heap;
  heap.size = ranks.rank[ranks.count - 1];
  for (int i = 0; i < heap.size; ++i) heap.value[i] = INFINITY;
  for (int64_t first = 0; first < count; first += kTile) {
    const int here = static_cast<int>(count - first < kTile ? count - first : kTile);
    for (int i = threadIdx.x; i < here * kDims; i += kThreads) tile[i] = points[first * kDims + i];
    __syncthreads();
    for (int i = 0; i < here; ++i) {
      float squared = 0;
      for (int dim = 0; dim < kDims; ++dim) {
        const float difference = tile[i * kDims + dim] - query[dim];
        squared = fmaf(difference, difference, squared);
      }
      if (squared < heap.value[0]) heap.Sink(heap.size, squared);
    }
    __syncthreads();
  }
  if (n >= query_count) return;
  heap.Sort();
  for (int i = 0; i < ranks.count; ++i) distances[n * ranks.count + i] = sqrtf(heap.value[ranks.rank[i] - 1]);
}

template <int kDims>
void Launch(const float* queries, int64_t query_count, const float* points, int64_t count, int dims,
            const Ranks& ranks, float* distances) {
  if constexpr (kDims <= kMaxCudaDims) {
    if (dims != kDims) return Launch<kDims + 1>(queries, query_count, points, count, dims, ranks, distances);
    const auto blocks = static_cast<unsigned>((query_count + kThreads - 1) / kThreads);
    NearestKernel<kDims><<<blocks, kThreads>>>(queries, query_count, points, count, ranks, distances);
  }
}

}  // namespace

const char* NearestOnCuda(const float* queries, int64_t query_count, const float* points, int64_t count,
                          int dims, const int* ranks, int rank_count, float* distances) {
  if (dims < 1 || dims > kMaxCudaDims || rank_count < 1 || rank_count > kMaxCudaRank ||
      ranks[rank_count - 1] > kMaxCudaRank)
    return "dimensions or ranks that the kernel was not made for";
  if (query_count == 0) return nullptr;
  Ranks wanted;
  wanted.count = rank_count;
  for (int i = 0; i < rank_count; ++i) wanted.rank[i] = ranks[i];
  Launch<1>(queries, query_count, points, count, dims, wanted, distances);
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace quaver::internal
