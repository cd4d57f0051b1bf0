#include "codec/runtime/matrix.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "codec/model/half.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {
namespace {

uint16_t HalfAt(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8); }

// Rows of a tensor [out, row], one for each output of a panel; outputs that are padding see zeros.
class PanelRows {
 public:
  PanelRows(const TensorView& weight, size_t row, int out, int split)
      : weight_(weight.bytes.data()), row_(row), out_(out), split_(split), zeros_(2 * row) {}

  std::array<const uint8_t*, kPad> At(int panel) const {
    std::array<const uint8_t*, kPad> rows;
    for (int lane = 0; lane < kPad; ++lane) rows[lane] = Row(panel * kPad + lane);
    return rows;
  }

 private:
  const uint8_t* Row(int column) const {
    const int second = Padded(split_);  // where the outputs from split_ on begin
    const int output = column < second ? column : column - second + split_;
    const bool padding = column < second ? column >= split_ : output >= out_;
    return padding ? zeros_.data() : weight_ + 2 * row_ * static_cast<size_t>(output);
  }

  const uint8_t* weight_;
  size_t row_;  // values
  int out_;
  int split_;
  std::vector<uint8_t> zeros_;
};

uint16_t Converted(uint16_t half, uint16_t) { return half; }
float Converted(uint16_t half, float) { return HalfToFloat(half); }

template <typename T>
void Pack(const PanelRows& rows, int kernel, int in, Matrix& matrix) {
  for (int panel = 0; panel < matrix.outputs() / kPad; ++panel) {
    const auto row = rows.At(panel);
    T* out = matrix.Panel<T>(panel);
    for (int k = 0; k < kernel; ++k, out += static_cast<size_t>(Padded(in) - in) * kPad) {
      const size_t from = static_cast<size_t>(k) * static_cast<size_t>(in);
      for (size_t i = from; i < from + static_cast<size_t>(in); ++i, out += kPad) {
        for (int lane = 0; lane < kPad; ++lane) out[lane] = Converted(HalfAt(row[lane] + 2 * i), T());
      }
    }
  }
}

}  // namespace

Matrix::Matrix(Arena& arena, int inputs, int outputs, Type type)
    : type_(type), inputs_(inputs), outputs_(Padded(outputs)), bias_(arena.Take<float>(outputs_)) {
  const size_t bytes = static_cast<size_t>(inputs_) * outputs_ * (type == Type::kHalf ? 2 : 4);
  weights_ = std::memset(arena.Take<std::byte>(bytes), 0, bytes);
  std::fill_n(bias_, outputs_, 0.0f);
}

Matrix PackLinear(Arena& arena, const WeightsView& weights, const std::string& name, int out, int kernel,
                  int in, int split) {
  const int second = Padded(split) - split;
  const auto type = PromotesHalves() ? Matrix::Type::kHalf : Matrix::Type::kFloat;
  Matrix matrix(arena, kernel * Padded(in), out + (out > split ? second : 0), type);
  const std::vector<float> bias = Promote(weights.tensors.at(name + ".bias"));
  for (int o = 0; o < out; ++o) matrix.bias()[o < split ? o : o + second] = bias[o];
  const auto row = static_cast<size_t>(kernel) * static_cast<size_t>(in);
  const PanelRows rows(weights.tensors.at(name + ".weight"), row, out, split);
  if (type == Matrix::Type::kHalf) Pack<uint16_t>(rows, kernel, in, matrix);
  if (type == Matrix::Type::kFloat) Pack<float>(rows, kernel, in, matrix);
  return matrix;
}

}  // namespace quaver::internal
