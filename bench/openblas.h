// OpenBLAS' SGEMM, if the library is on this machine.
#ifndef QUAVER_BENCH_OPENBLAS_H_
#define QUAVER_BENCH_OPENBLAS_H_

#include <string>

namespace quaver::bench {

// Loaded at run time, with its names kept to itself: LibTorch has a BLAS of its own under the same names, and
// neither may answer for the other.
class OpenBlas {
 public:
  OpenBlas();
  bool loaded() const { return sgemm_ != nullptr; }
  std::string core() const;  // the processor whose kernels it chose
  // Multiply-accumulates a second of one product of size x size matrices on one thread.
  double Measure(int size) const;

 private:
  // cblas_sgemm(order, transpose a, transpose b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float,
                         float*, int);
  Sgemm sgemm_ = nullptr;
  char* (*core_)() = nullptr;
};

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_OPENBLAS_H_
