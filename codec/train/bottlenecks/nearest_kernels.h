// Exact nearest neighbours among points of few dimensions, on the CPU: no LibTorch in it.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_KERNELS_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_KERNELS_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace quaver::internal {

inline constexpr int kMaxNearestDims = 16;

// Points that can be replaced one by one, in the leaves of a k-d tree. A search looks into those leaves alone
// whose bounding boxes are nearer than what it has found. The distances do not depend on how the tree came to
// be.
class NearestIndex {
 public:
  // points [count, dims], finite
  NearestIndex(const float* points, int64_t count, int dims);

  // Now and then this sorts the neighbourhood anew, seldom all points.
  void Replace(int64_t slot, const float* point);

  // Euclidean distances of the ranks[i]-th nearest points (from 1 on, ascending) of each of the queries
  // [queries, dims] -> [queries, rank_count]. Infinite where there are fewer points, or where a query is not
  // finite. From several threads at a time. Queries that are near each other should stand together (Home).
  void Search(const float* queries, int64_t query_count, const int* ranks, int rank_count,
              float* distances) const;
  // Number of the leaf that the point would be in: near points have near numbers.
  int32_t Home(const float* point) const;

  int64_t count() const { return count_; }
  int dims() const { return dims_; }

  static constexpr int kLeaf = 32;         // places in a leaf
  static constexpr int kFill = 24;         // of which so many are filled at first
  static constexpr int kTwig = 16;         // leaves that lie in a box of their own
  static constexpr int kTwigPoints = 432;  // of them at most, when a twig is sorted anew
  static constexpr int kOverflow = 256;    // points that found their leaf full

 private:
  friend struct NearestView;
  struct Node {
    int dim = 0;
    float value = 0;     // points below go to the first child
    int32_t child[2]{};  // a node, or ~leaf
  };

  void Build();
  // Points order[begin, end) to leaves from `leaf` on; nodes are written from `next` on. What became of them.
  int32_t Split(std::vector<int32_t>& order, int64_t begin, int64_t end, int32_t leaf, int32_t leaves,
                int32_t& next);
  Node Halve(std::vector<int32_t>& order, int64_t begin, int64_t middle, int64_t end);
  bool SplitTwig(int32_t twig, int32_t with);  // with one point more; false: there is no room
  void Put(int32_t leaf, int place, int32_t slot);
  void Grow(int32_t leaf, const float* point);
  void Insert(int32_t slot);
  void Remove(int32_t slot);

  int64_t count_;
  int dims_;
  std::vector<float> rows_;                      // [count, dims]
  std::vector<Node> nodes_;                      // the root first; those of a twig stand together
  std::vector<int32_t> roots_;                   // of each twig, in `nodes_`
  std::vector<std::pair<float, int32_t>> keys_;  // while splitting
  std::vector<float> leaves_;                    // [leaves, dims, kLeaf], infinite where there is no point
  std::vector<int32_t> slots_;                   // [leaves, kLeaf], -1: none
  std::vector<int32_t> places_;                  // of each point, in `slots_`, or ~its place in the overflow
  std::vector<float> boxes_;                     // [twigs, dims, 2, kTwig]: lowest and highest of each leaf
  std::vector<float> twig_boxes_;                // [dims, 2, twigs, padded]
  int64_t twigs_ = 0;                            // padded to a multiple of kTwig
  std::vector<float> overflow_;                  // [dims, kOverflow]
  std::vector<int32_t> overflow_slots_;
};

// A codebook [codes, dims] that is searched to the end.
class CodebookSearch {
 public:
  CodebookSearch(const float* codes, int count, int dims);

  // The nearest code of each of points [count, dims], of equally near ones the first:
  // argmin |c|^2 / 2 - z c in fp32.
  void Nearest(const float* points, int64_t count, int32_t* index) const;

 private:
  int padded_;
  int dims_;
  std::vector<float> columns_;  // [dims, padded]
  std::vector<float> halves_;   // |c|^2 / 2, infinite beyond the last
};

// low[i] = min(low[i], |points[i] - point|^2); points as columns [dims, stride], count a multiple of 16.
void LowerDistances(const float* columns, int64_t stride, int64_t count, int dims, const float* point,
                    float* low);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_NEAREST_KERNELS_H_
