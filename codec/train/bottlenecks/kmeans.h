// K-means for the codebooks of vector perturbation: no LibTorch in it.
#ifndef QUAVER_CODEC_TRAIN_BOTTLENECKS_KMEANS_H_
#define QUAVER_CODEC_TRAIN_BOTTLENECKS_KMEANS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace quaver {

struct KMeansOptions {
  int codes = 1024;
  int iterations = 200;  // of Lloyd, at most
  double shift = 1e-3;   // it ends when all codes together (Frobenius) move less
  uint64_t seed = 1;
};

struct KMeansFit {
  std::vector<float> codes;  // [codes, dims]
  std::vector<double>
      errors;  // mean squared distance to the nearest code: before each iteration, and at the end
  std::vector<int64_t> counts;  // points of each code at the end
};

// k-means++ (Arthur and Vassilvitskii, SODA 2007), whose weights, the squared distances, are clamped at their
// 90 % quantile so that outliers do not become codes; then Lloyd's iterations. A code that has lost all of
// its points begins again at a point of the cluster with the largest error. points [count, dims], finite,
// count > 0. The same for the same seed on machines with the same instruction set, whatever else they do.
KMeansFit FitCodes(std::span<const float> points, int dims, const KMeansOptions& options);

// An order of codes [codes, dims] in which neighbours stand together. They are halved again and again across
// their principal axis: first into runs of `block` codes (the last may be shorter), so that codes near each
// other share the digit that counts the runs, then inside these. Entry i is the code that becomes the i-th.
std::vector<int> OrderOfCodes(std::span<const float> codes, int dims, int block);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_BOTTLENECKS_KMEANS_H_
