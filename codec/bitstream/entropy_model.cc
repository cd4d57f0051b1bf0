#include "codec/bitstream/entropy_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "codec/bitstream/smoothing.h"
#include "codec/bitstream/token_contexts.h"

namespace quaver {
namespace {

constexpr uint32_t kTotal = uint32_t{1} << kFrequencyBits;

int Product(std::span<const int> factors) {
  int product = 1;
  for (const int factor : factors) product *= factor;
  return product;
}

// Calls visit(group, digit, context) for every frequency table in the order of the file.
template <typename Visit>
void ForEachTable(const DigitLayout& layout, int groups, Visit&& visit) {
  for (int group = 0; group < groups; ++group) {
    for (int digit = 0; digit < layout.digits(); ++digit) {
      for (int context = 0; context < layout.Contexts(digit); ++context) visit(group, digit, context);
    }
  }
}

// Visits every frame of `tokens` [frames, row_stride], groups 0 .. groups - 1, with the contexts of packets,
// which `walk` keeps: visit(group, token) for each token that is a code.
template <typename Walk, typename Visit>
void ForEachToken(Walk& walk, std::span<const uint16_t> tokens, int frames, int groups, int row_stride,
                  int codes, int frames_per_packet, Visit&& visit) {
  if (row_stride < 1) return;
  const auto stride = static_cast<size_t>(row_stride);
  const size_t rows = std::min(static_cast<size_t>(std::max(frames, 0)), tokens.size() / stride);
  for (size_t frame = 0; frame < rows; ++frame) {
    if (frame % static_cast<size_t>(std::max(frames_per_packet, 1)) == 0) walk.StartPacket();
    walk.StartFrame();
    for (int group = 0; group < std::min(groups, row_stride); ++group) {
      const int token = tokens[frame * stride + static_cast<size_t>(group)];
      if (token < codes) {
        visit(group, token);
      } else {
        walk.Skip(group);
      }
    }
  }
}

// Appends `count` digits of at most `largest` whose product is `codes`, none larger than the one before it
// and each as small as can be. False, and nothing is appended, if there are none.
bool Split(int codes, int count, int largest, std::vector<int>& digits) {
  if (count == 1) {
    if (codes < 2 || codes > largest) return false;
    digits.push_back(codes);
    return true;
  }
  for (int radix = 2; radix <= largest; ++radix) {
    if (codes % radix != 0) continue;
    digits.push_back(radix);
    if (Split(codes / radix, count - 1, radix, digits)) return true;
    digits.pop_back();
  }
  return false;
}

std::vector<int> SplitCodebook(int codes) {
  std::vector<int> digits;
  if (codes < 2 || codes > kMaxCodes) return {};
  for (int count = 1; count <= kMaxDigits; ++count) {
    if (Split(codes, count, kMaxRadix, digits)) return digits;
  }
  return {};
}

}  // namespace

DigitLayout::DigitLayout(std::span<const int> digits_of_token, int extra)
    : radix(digits_of_token.begin(), digits_of_token.end()), extra_values(extra) {
  int below = 1;
  for (int i = 0; i < digits(); ++i) {
    lower_values.push_back(below);
    offset.push_back(group_stride);
    group_stride += static_cast<size_t>(Contexts(i)) * TableLength(i);
    below *= radix[Index(i)];
  }
}

std::vector<int> DigitsOf(const BottleneckConfig& bottleneck) {
  if (bottleneck.groups < 1 || bottleneck.groups > kMaxGroups) return {};
  if (!bottleneck.scalar()) return SplitCodebook(bottleneck.codes());
  const auto& levels = bottleneck.levels;
  if (levels.size() > kMaxDigits) return {};
  int codes = 1;
  for (const int radix : levels) {
    if (radix < 2 || radix > kMaxRadix) return {};
    codes *= radix;
    if (codes > kMaxCodes) return {};
  }
  return levels;
}

size_t EntropyModel::TableSize(const BottleneckConfig& bottleneck) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  if (digits.empty()) return 0;
  return DigitLayout(digits, 0).group_stride * static_cast<size_t>(bottleneck.groups);
}

Result<EntropyModel> EntropyModel::Create(const BottleneckConfig& bottleneck,
                                          std::vector<uint16_t> frequencies) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  if (digits.empty())
    return Error{"entropy tables: groups, levels or codes of the bottleneck are out of range"};
  const size_t expected = TableSize(bottleneck);
  if (frequencies.size() != expected) {
    return Error{"entropy tables: " + std::to_string(frequencies.size()) + " values, not " +
                 std::to_string(expected)};
  }
  EntropyModel model;
  model.groups_ = bottleneck.groups;
  model.codes_ = Product(digits);
  model.layout_ = DigitLayout(digits, 1);
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

EntropyModel EntropyModel::Uniform(const BottleneckConfig& bottleneck) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  std::vector<uint16_t> frequencies;
  const DigitLayout layout(digits, 0);
  ForEachTable(layout, digits.empty() ? 0 : bottleneck.groups, [&](int, int digit, int) {
    const auto radix = static_cast<uint32_t>(digits[static_cast<size_t>(digit)]);
    for (uint32_t symbol = 0; symbol < radix; ++symbol) {
      frequencies.push_back(static_cast<uint16_t>((symbol + 1) * kTotal / radix - symbol * kTotal / radix));
    }
  });
  Result<EntropyModel> model = Create(bottleneck, std::move(frequencies));
  return model.ok() ? std::move(model).value() : EntropyModel();
}

EntropyCounter::EntropyCounter(const BottleneckConfig& bottleneck, int frames_per_packet)
    : frames_per_packet_(frames_per_packet) {
  const std::vector<int> digits = DigitsOf(bottleneck);
  if (digits.empty()) return;
  groups_ = bottleneck.groups;
  codes_ = Product(digits);
  layout_ = DigitLayout(digits, 0);
  counts_.resize(layout_.group_stride * static_cast<size_t>(groups_));
}

void EntropyCounter::Add(std::span<const uint16_t> tokens, int frames) {
  DigitWalk walk(layout_);
  ForEachToken(walk, tokens, frames, groups_, groups_, codes_, frames_per_packet_,
               [&](int group, int token) {
                 walk.Token(group, [&, rest = token](int digit, int context) mutable {
                   const int radix = layout_.radix[static_cast<size_t>(digit)];
                   const int value = rest % radix;
                   rest /= radix;
                   ++counts_[layout_.Table(group, digit, context) + static_cast<size_t>(value)];
                   return value;
                 });
               });
}

std::vector<uint16_t> EntropyCounter::Frequencies() const {
  std::vector<uint16_t> frequencies(counts_.size());
  for (int group = 0; group < groups_; ++group) {
    for (int digit = 0; digit < layout_.digits(); ++digit) {
      const size_t radix = layout_.TableLength(digit);
      const size_t first = layout_.Table(group, digit, 0);
      const size_t length = static_cast<size_t>(layout_.Contexts(digit)) * radix;
      const std::vector<double> probabilities =
          SmoothDigit(std::span(counts_).subspan(first, length), static_cast<int>(radix),
                      std::span(layout_.radix).first(static_cast<size_t>(digit)));
      for (size_t at = 0; at < length; at += radix) {
        QuantiseTable(std::span(probabilities).subspan(at, radix),
                      std::span(frequencies).subspan(first + at, radix));
      }
    }
  }
  return frequencies;
}

double CostBits(const EntropyModel& model, std::span<const uint16_t> tokens, int frames, int n_q,
                int row_stride, int frames_per_packet) {
  double bits = 0.0;
  TokenContexts contexts(model);
  ForEachToken(contexts, tokens, frames, std::min(n_q, model.groups()), row_stride, model.codes(),
               frames_per_packet, [&](int group, int token) {
                 contexts.Token(group, [&, rest = token](int digit, auto table) mutable {
                   const int radix = model.radix()[static_cast<size_t>(digit)];
                   const auto value = static_cast<size_t>(rest % radix);
                   rest /= radix;
                   bits += kFrequencyBits - std::log2(table[value + 1] - table[value]);
                   return static_cast<int>(value);
                 });
               });
  return bits;
}

}  // namespace quaver
