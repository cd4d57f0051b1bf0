// The arithmetic of the runtime, through Highway with dynamic dispatch.
//
// Bit-exactness: every output has one accumulator that starts at the bias and takes its inputs in order, so
// the number of rows in a call never changes a bit. Reductions and activations run the same vector code
// whatever the number of rows. Between instruction sets results differ by rounding (with and without FMA,
// order of LayerNorm's sums). Nothing here touches the caller's floating-point environment: denormals cost
// time where they occur and are never needed, so a caller may flush them.
#ifndef QUAVER_CODEC_RUNTIME_KERNELS_H_
#define QUAVER_CODEC_RUNTIME_KERNELS_H_

#include <cstddef>

#include "codec/runtime/buffer.h"

namespace quaver::internal {

// Weights of a dense product, packed in panels of kPad outputs: [panel][input][kPad].
class Matrix {
 public:
  Matrix(int inputs, int outputs)
      : inputs_(inputs),
        outputs_(Padded(outputs)),
        weights_(static_cast<size_t>(inputs) * Padded(outputs)),
        bias_(Padded(outputs)) {}
  void Set(int input, int output, float value) { weights_[Index(input, output)] = value; }
  void SetBias(int output, float value) { bias_[output] = value; }
  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }  // padded
  const float* Panel(int panel) const {
    return weights_.data() + static_cast<size_t>(panel) * inputs_ * kPad;
  }
  const float* bias() const { return bias_.data(); }

 private:
  size_t Index(int input, int output) const {
    return (static_cast<size_t>(output / kPad) * inputs_ + input) * kPad + output % kPad;
  }
  int inputs_;
  int outputs_;
  Buffer weights_;
  Buffer bias_;
};

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
  ConstRows x;
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

// Looks the instruction set up, so that no later call does; returns its name.
const char* ChooseTarget();

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_KERNELS_H_
