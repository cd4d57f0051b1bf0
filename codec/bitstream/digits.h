// Internal: digits of a token, the numbering of their contexts, and the one walk over both that counting,
// costing, encoding and decoding share.
#ifndef QUAVER_CODEC_BITSTREAM_DIGITS_H_
#define QUAVER_CODEC_BITSTREAM_DIGITS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/quantize/bottleneck_config.h"

namespace quaver {

inline constexpr int kMaxDigits = 8;       // of a token
inline constexpr int kMaxRadix = 64;       // of a digit
inline constexpr int kMaxCodes = 1 << 14;  // values of a token

// Radices of the digits that a token is split into, fastest first: the levels of scalars; for a codebook the
// fewest whose product is its size, none larger than the one before and each as small as can be, from the
// first on (256: 16, 16; 1000: 40, 25; 1024: 32, 32; 16384: 32, 32, 16). Tables are smallest and tell most
// when codes that share their last digit are neighbours. Empty if `bottleneck` is outside the limits of a
// stream: 1 .. 18 groups, 1 .. 8 digits of radix 2 .. 64, 2 .. 16384 codes; a codebook's size with a prime
// factor above 61 is too.
std::vector<int> DigitsOf(const BottleneckConfig& bottleneck);

// What the contexts of a digit know besides the lower digits of its token.
enum class TableContexts {
  kFrameBefore,  // the same digit of the frame before
  kThisFrame,    // nothing: a network tells what the frames before say
};

// Where the tables of one group lie: digits, then contexts, then radix + `extra` values a table.
struct DigitLayout {
  DigitLayout() = default;
  DigitLayout(std::span<const int> digits, int extra, TableContexts contexts = TableContexts::kFrameBefore);

  int digits() const { return static_cast<int>(radix.size()); }
  int Contexts(int digit) const {
    return (frame_before ? radix[Index(digit)] + 1 : 1) * lower_values[Index(digit)];
  }
  int Context(int digit, int before, int lower) const {
    return (frame_before ? before + 1 : 0) * lower_values[Index(digit)] + lower;
  }
  size_t TableLength(int digit) const {
    return static_cast<size_t>(radix[Index(digit)]) + static_cast<size_t>(extra_values);
  }
  // First value of a table.
  size_t Table(int group, int digit, int context) const {
    return static_cast<size_t>(group) * group_stride + offset[Index(digit)] +
           static_cast<size_t>(context) * TableLength(digit);
  }

  std::vector<int> radix;
  std::vector<int> lower_values;  // values that the digits below can take together
  std::vector<size_t> offset;     // of each digit's first table inside a group
  size_t group_stride = 0;
  int extra_values = 0;
  bool frame_before = true;

 private:
  static size_t Index(int digit) { return static_cast<size_t>(digit); }
};

// Keeps the digits of the frame before, from which contexts are made. Allocates nothing.
class DigitWalk {
 public:
  explicit DigitWalk(const DigitLayout& layout) : layout_(layout) { StartPacket(); }

  void StartPacket() noexcept {
    for (auto& group : before_) group.fill(-1);
  }
  void StartFrame() noexcept {}
  // Group `group` of this frame is not sent.
  void Skip(int group) noexcept { before_[static_cast<size_t>(group)].fill(-1); }
  // Visits the digits of one token, fastest first: `code(digit, context)` returns the digit's value. Returns
  // the token.
  template <typename Code>
  int Token(int group, Code&& code) noexcept {
    auto& before = before_[static_cast<size_t>(group)];
    int token = 0;
    for (int i = 0; i < layout_.digits(); ++i) {
      const auto index = static_cast<size_t>(i);
      const int value = code(i, layout_.Context(i, before[index], token));
      before[index] = static_cast<int8_t>(value);
      token += value * layout_.lower_values[index];
    }
    return token;
  }

 private:
  const DigitLayout& layout_;
  std::array<std::array<int8_t, kMaxDigits>, kMaxGroups> before_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_DIGITS_H_
