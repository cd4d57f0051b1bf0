#include "codec/bitstream/entropy_model.h"

#include <string>
#include <utility>

#include "codec/bitstream/digits.h"

namespace quaver {
namespace {

constexpr uint32_t kTotal = uint32_t{1} << kFrequencyBits;

// Calls visit(group, digit, context) for every frequency table in the order of the file.
template <typename Visit>
void ForEachTable(const DigitLayout& layout, int groups, Visit&& visit) {
  for (int group = 0; group < groups; ++group) {
    for (int digit = 0; digit < layout.digits(); ++digit) {
      for (int context = 0; context < layout.Contexts(digit); ++context) visit(group, digit, context);
    }
  }
}

}  // namespace

size_t EntropyModel::TableSize(const BottleneckConfig& bottleneck, TableContexts contexts) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  if (digits.empty()) return 0;
  return DigitLayout(digits, 0, contexts).group_stride * static_cast<size_t>(bottleneck.groups);
}

Result<EntropyModel> EntropyModel::Create(const BottleneckConfig& bottleneck,
                                          std::vector<uint16_t> frequencies) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  if (digits.empty())
    return Error{"entropy tables: groups, levels or codes of the bottleneck are out of range"};
  const size_t full = TableSize(bottleneck);
  const size_t small = TableSize(bottleneck, TableContexts::kThisFrame);
  if (frequencies.size() != full && frequencies.size() != small) {
    return Error{"entropy tables: " + std::to_string(frequencies.size()) + " values, not " +
                 std::to_string(full) + " or " + std::to_string(small)};
  }
  const auto contexts = frequencies.size() == full ? TableContexts::kFrameBefore : TableContexts::kThisFrame;
  EntropyModel model;
  model.groups_ = bottleneck.groups;
  model.codes_ = bottleneck.codes();
  model.layout_ = DigitLayout(digits, 1, contexts);
  model.cumulative_.reserve(model.layout_.group_stride * static_cast<size_t>(model.groups_));
  std::string problem;
  size_t next = 0;
  ForEachTable(model.layout_, model.groups_, [&](int group, int digit, int context) {
    uint32_t sum = 0;
    bool zero = false;
    model.cumulative_.push_back(0);
    for (int symbol = 0; symbol < digits[static_cast<size_t>(digit)]; ++symbol) {
      const uint16_t frequency = frequencies[next++];
      zero |= frequency == 0;
      sum += frequency;
      model.cumulative_.push_back(static_cast<uint16_t>(sum));
    }
    if (problem.empty() && (zero || sum != kTotal)) {
      problem =
          "entropy tables: group " + std::to_string(group) + ", digit " + std::to_string(digit) +
          ", context " + std::to_string(context) +
          (zero ? " has a zero" : " sums to " + std::to_string(sum) + ", not " + std::to_string(kTotal));
    }
  });
  if (!problem.empty()) return Error{problem};
  model.frequencies_ = std::move(frequencies);
  return model;
}

EntropyModel EntropyModel::Uniform(const BottleneckConfig& bottleneck, TableContexts contexts) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  std::vector<uint16_t> frequencies;
  const DigitLayout layout(digits, 0, contexts);
  ForEachTable(layout, digits.empty() ? 0 : bottleneck.groups, [&](int, int digit, int) {
    const auto radix = static_cast<uint32_t>(digits[static_cast<size_t>(digit)]);
    for (uint32_t symbol = 0; symbol < radix; ++symbol) {
      frequencies.push_back(static_cast<uint16_t>((symbol + 1) * kTotal / radix - symbol * kTotal / radix));
    }
  });
  Result<EntropyModel> model = Create(bottleneck, std::move(frequencies));
  return model.ok() ? std::move(model).value() : EntropyModel();
}

}  // namespace quaver
