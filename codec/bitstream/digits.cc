#include "codec/bitstream/digits.h"

namespace quaver {
namespace {

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

DigitLayout::DigitLayout(std::span<const int> digits_of_token, int extra, TableContexts contexts)
    : radix(digits_of_token.begin(), digits_of_token.end()),
      extra_values(extra),
      frame_before(contexts == TableContexts::kFrameBefore) {
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

}  // namespace quaver
