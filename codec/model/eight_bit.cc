#include "codec/model/eight_bit.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "codec/model/half.h"
#include "codec/model/layers.h"

namespace quaver {
namespace {

constexpr float kMost = 127;  // -128 is never written, so that a row and its negative are equally exact
// Scales tried for a row: clipping its largest weight may make all others more exact.
constexpr int kTrials = 24;
constexpr float kSmallest = 0.7f;  // of max |w| / 127

double SquaredError(std::span<const float> row, float scale) {
  double sum = 0;
  for (const float value : row) {
    const double error = value - static_cast<float>(EightBitOf(value, scale)) * scale;
    sum += error * error;
  }
  return sum;
}

float BestScale(std::span<const float> row) {
  float most = 0;
  for (const float value : row) most = std::max(most, std::abs(value));
  const float widest = most / kMost;
  float best = widest;
  double least = SquaredError(row, widest);
  for (int trial = 1; trial <= kTrials; ++trial) {
    const float scale = widest * (1 - (1 - kSmallest) * static_cast<float>(trial) / kTrials);
    const double error = SquaredError(row, scale);
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

}  // namespace

int8_t EightBitOf(float value, float scale) {
  if (scale == 0) return 0;
  return static_cast<int8_t>(std::clamp(std::nearbyint(value / scale), -kMost, kMost));
}

Status StoreMatricesAsEightBit(Weights& weights) {
  for (const TensorSpec& spec : ListTensors(weights.config)) {
    if (!spec.matrix) continue;
    Tensor& tensor = weights.tensors.at(spec.name);
    const auto rows = static_cast<size_t>(tensor.shape[0]);
    const size_t length = tensor.values.size() / rows;
    tensor.scales.assign(rows, 0);
    for (size_t r = 0; r < rows; ++r) {
      const std::span<float> row(tensor.values.data() + r * length, length);
      const float scale = BestScale(row);
      const bool finite = std::ranges::all_of(row, [](float value) { return std::isfinite(value); });
      if (!finite || scale > kMaxRowScale)
        return Error{"weights: tensor \"" + spec.name + "\": row " + std::to_string(r) +
                     ": a weight is not finite, or too large for 8 bits; store the model in 16"};
      tensor.scales[r] = scale;
      for (float& value : row)
        value = HalfToFloat(FloatToHalf(static_cast<float>(EightBitOf(value, scale)) * scale));
    }
  }
  return {};
}

std::vector<uint8_t> PromoteRows(std::span<const uint8_t> integers, std::span<const float> scales) {
  std::vector<uint8_t> halves(2 * integers.size());
  const size_t length = scales.empty() ? 0 : integers.size() / scales.size();
  std::array<uint16_t, 256> table;  // of a row: what each byte stands for
  uint8_t* out = halves.data();
  for (size_t r = 0; r < scales.size(); ++r) {
    for (int value = -128; value < 128; ++value)
      table[static_cast<uint8_t>(value)] = FloatToHalf(static_cast<float>(value) * scales[r]);
    for (const uint8_t byte : integers.subspan(r * length, length)) {
      *out++ = static_cast<uint8_t>(table[byte]);
      *out++ = static_cast<uint8_t>(table[byte] >> 8);
    }
  }
  return halves;
}

}  // namespace quaver
