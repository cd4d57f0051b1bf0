// The weights of a dense product as the kernels want them.
#ifndef QUAVER_CODEC_RUNTIME_MATRIX_H_
#define QUAVER_CODEC_RUNTIME_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "codec/model/weights.h"
#include "codec/runtime/arena.h"
#include "codec/runtime/buffer.h"

namespace quaver::internal {

// Panels of kPad outputs: [panel][input][kPad]. Weights from a file stay F16, half the memory traffic of one
// packet, and are promoted in registers; what is computed (the DFTs) is fp32.
class Matrix {
 public:
  enum class Type { kHalf, kFloat };

  // All zero; lives in `arena`.
  Matrix(Arena& arena, int inputs, int outputs, Type type);

  Type type() const { return type_; }
  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }  // padded
  const float* bias() const { return bias_; }
  float* bias() { return bias_; }
  // T is uint16_t (bits of F16) or float, as type() says. The next panel begins PanelSize() values on.
  template <typename T>
  T* Panel(int panel) const {
    return static_cast<T*>(weights_) + static_cast<size_t>(panel) * PanelSize();
  }
  size_t PanelSize() const { return static_cast<size_t>(inputs_) * kPad; }
  void Set(int input, int output, float value) {  // kFloat only
    Panel<float>(output / kPad)[static_cast<size_t>(input) * kPad + output % kPad] = value;
  }

 private:
  Type type_;
  int inputs_;
  int outputs_;
  void* weights_;
  float* bias_;
};

// Tensors name.weight [out, kernel, in] and name.bias [out] -> a matrix whose inputs are `kernel` steps of
// Padded(in) floats. Outputs from `split` on move to the next multiple of kPad, so that both halves begin on
// a whole vector; split = out: no halves.
Matrix PackLinear(Arena& arena, const WeightsView& weights, const std::string& name, int out, int kernel,
                  int in, int split);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_MATRIX_H_
