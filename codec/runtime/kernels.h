// The arithmetic of the runtime, through Highway with dynamic dispatch.
//
// Bit-exactness: every output has one accumulator that starts at the bias and takes its inputs in order, so
// neither the number of rows in a call nor the shape of a tile ever changes a bit. Reductions and activations
// run the same vector code whatever the number of rows. Between instruction sets results differ by rounding
// (with and without FMA, order of LayerNorm's sums). Nothing here touches the caller's floating-point
// environment: denormals cost time where they occur and are never needed, so a caller may flush them.
#ifndef QUAVER_CODEC_RUNTIME_KERNELS_H_
#define QUAVER_CODEC_RUNTIME_KERNELS_H_

#include <climits>
#include <cstddef>

#include "codec/runtime/buffer.h"
#include "codec/runtime/matrix.h"

namespace quaver::internal {

// Rows of floats, `stride` apart.
struct Rows {
  float* data;
  int stride;
};
struct ConstRows {
  ConstRows(const float* rows, int step) : data(rows), stride(step) {}
  ConstRows(const Rows& rows) : data(rows.data), stride(rows.stride) {}  // NOLINT: implicit by design
  const float* data;
  int stride;
};

// Rows of several streams: `group` rows of each, those of the next stream `next` floats on.
struct GroupedRows {
  GroupedRows(ConstRows all) : rows(all) {}    // NOLINT: one stream
  GroupedRows(const Rows& all) : rows(all) {}  // NOLINT: one stream
  GroupedRows(ConstRows first, int count, size_t step) : rows(first), group(count), next(step) {}
  const float* At(int row) const {
    return rows.data + static_cast<size_t>(row / group) * next +
           static_cast<size_t>(row % group) * static_cast<size_t>(rows.stride);
  }
  ConstRows rows;
  int group = INT_MAX;
  size_t next = 0;
};

// What happens to an output of a product before it is stored.
enum class After {
  kNothing,
  kGelu,      // GELU in its tanh form (Hendrycks and Gimpel, arXiv 1606.08415)
  kResidual,  // residual + scale * output
};

// y[rows, outputs] = after(x[rows, inputs] W + bias). x and y do not overlap; rows of x may overlap each
// other.
struct ProductCall {
  const Matrix& weights;
  GroupedRows x;
  int rows;
  Rows y;
  After after = After::kNothing;
  ConstRows residual = {nullptr, 0};  // kResidual: [rows, outputs]
  const float* scale = nullptr;       // kResidual: [outputs]
};
void Product(const ProductCall& call);

// y[t] = bias + sum over k of weights[k] * x[t + k], per channel; x has rows + kernel - 1 rows, weights
// [kernel, y.stride], all strides equal.
void Depthwise(const float* weights, const float* bias, int kernel, ConstRows x, int rows, Rows y);

// LayerNorm over the first `channels` of each row, epsilon 1e-5, biased variance, in place. weight and bias
// [stride], zero in the padding; mask [stride]: 1 for a channel, 0 for padding.
void LayerNorm(const float* weight, const float* bias, const float* mask, int channels, int rows, Rows x);

// spectrum [rows, 2 * bins]: Re, Im -> features [rows, 3 * bins]: ln(P) / 4, Re P^-0.35, Im P^-0.35 with
// P = Re^2 + Im^2 + 1e-6. `bins` is a multiple of kPad.
void SpectrumFeatures(ConstRows spectrum, int bins, int rows, Rows features);

// [rows, 2 * bins], log magnitude m and phase p -> Re, Im of min(e^m, 100) e^(ip), in place. Phases are
// clamped to +-30000, where Highway's sine and cosine are exact to 3 ULP. `bins` is a multiple of kPad.
void PolarToSpectrum(int bins, int rows, Rows x);

// z = (tanh(a) + 1) / 2, elementwise; `size` is a multiple of kPad.
void SquashTanh(const float* a, int size, float* z);

// Whether this machine promotes F16 to fp32 in one instruction.
bool PromotesHalves();

// Looks the instruction set up, so that no later call does; returns its name.
const char* ChooseTarget();

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_KERNELS_H_
