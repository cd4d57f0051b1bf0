// Probability model of the tokens: static frequency tables that ship inside the model, and in newer models a
// network that sharpens them (entropy_network.h).
//
// A token is split into digits (FSP: its levels [8,5,5,5]; VP: two digits of 32 for 1024 codes). The digit i
// of group g is coded under a context made of
//   - the same digit of the same group in the frame before, if that frame is in the same packet and sent
//   group g,
//     else "none" (radix[i] + 1 values), and
//   - the digits 0 .. i - 1 of the same token.
// Models with a network may do without the first (TableContexts::kThisFrame): the network knows the frames
// before, and without it the tables of a codebook of 1024 take 38 kB instead of 1.25 MB.
// Contexts never cross a packet, nothing adapts, and no symbol has a frequency of 0, so with packet t
// lost the tokens of packet t + 1 are exact.
#ifndef QUAVER_CODEC_BITSTREAM_ENTROPY_MODEL_H_
#define QUAVER_CODEC_BITSTREAM_ENTROPY_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "codec/bitstream/digits.h"
#include "codec/bitstream/entropy_network.h"
#include "codec/quantize/bottleneck_config.h"
#include "codec/status.h"

namespace quaver {

inline constexpr int kFrequencyBits = 15;  // every table sums to 1 << 15

class EntropyModel {
 public:
  // Values in `frequencies` for a bottleneck: sum over groups, digits and contexts of the digit's radix. 0 if
  // DigitsOf(bottleneck) is empty.
  static size_t TableSize(const BottleneckConfig& bottleneck,
                          TableContexts contexts = TableContexts::kFrameBefore);
  // `frequencies`: groups, then digits, then contexts (numbered by Context: the digit of the frame before is
  // slowest, with "none" first, then digit i - 1 .. digit 0, digit 0 fastest), then symbols. How many there
  // are tells which contexts they have. Refused unless each table sums to 1 << kFrequencyBits with no zero.
  static Result<EntropyModel> Create(const BottleneckConfig& bottleneck, std::vector<uint16_t> frequencies);
  // The flat model: every symbol of a table as likely as the next. Without groups if DigitsOf(bottleneck) is
  // empty.
  static EntropyModel Uniform(const BottleneckConfig& bottleneck,
                              TableContexts contexts = TableContexts::kFrameBefore);

  int groups() const { return groups_; }
  TableContexts contexts() const {
    return layout_.frame_before ? TableContexts::kFrameBefore : TableContexts::kThisFrame;
  }
  int codes() const { return codes_; }
  std::span<const int> radix() const { return layout_.radix; }
  // Cumulative frequencies [radix + 1] of digit `digit` of group `group`; `context` as numbered by Context().
  std::span<const uint16_t> Cumulative(int group, int digit, int context) const {
    return {&cumulative_[layout_.Table(group, digit, context)], layout_.TableLength(digit)};
  }
  // (before + 1) * values of the digits below + lower, or `lower` alone. `before`: the same digit in the
  // frame before, or -1 for none; `lower`: value of digits 0 .. digit - 1 in mixed radix, digit 0 fastest.
  int Context(int digit, int before, int lower) const { return layout_.Context(digit, before, lower); }
  std::span<const uint16_t> frequencies() const { return frequencies_; }  // as given
  // null: the tables are all there is.
  const EntropyNetwork* network() const { return network_.get(); }
  void SetNetwork(EntropyNetwork network) {
    network_ = std::make_shared<const EntropyNetwork>(std::move(network));
  }
  const DigitLayout& layout() const { return layout_; }  // of the cumulative tables

 private:
  int groups_ = 0;
  int codes_ = 0;
  DigitLayout layout_;
  std::vector<uint16_t> cumulative_;  // every table with radix + 1 values
  std::vector<uint16_t> frequencies_;
  std::shared_ptr<const EntropyNetwork> network_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_ENTROPY_MODEL_H_
