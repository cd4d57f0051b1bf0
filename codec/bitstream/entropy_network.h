// A small network that sharpens the frequency tables of the entropy model: it sees the values of the tokens
// of two frames before, if they are in the same packet, and of the groups of this frame that were coded
// already. Integers alone, so that both ends of a stream have the same frequencies on any machine;
// docs/reference/bitstream.md gives the arithmetic.
//
// The units of a group are max(0, W inputs), cut off above. Their output for a symbol is a logit in 1/256 of
// a bit, which is added to the logarithm of the symbol's frequency in the table; the powers of two of the
// sums become the frequencies.
#ifndef QUAVER_CODEC_BITSTREAM_ENTROPY_NETWORK_H_
#define QUAVER_CODEC_BITSTREAM_ENTROPY_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/quantize/bottleneck_config.h"
#include "codec/status.h"

namespace quaver {

inline constexpr int kMaxEntropyUnits = 64;  // of a group
// An input of 1 is 1 << 6, a weight of 1 is 1 << 10, a unit of 1 is 1 << 6.
inline constexpr int kEntropyInputBits = 6;
inline constexpr int kEntropyWeightBits = 10;
inline constexpr int kMaxEntropyUnit = 1023;  // a unit is 0 .. 1023
inline constexpr int kMaxEntropyValue = 511;  // a value is within +- 511

// As in a weights file.
struct EntropyNetworkWeights {
  int units = 0;  // of each group, 1 .. kMaxEntropyUnits; 0: there is no network
  // [inputs, groups * units]. Inputs: 1; the values [groups * dims] of the frame before and 1 if it is in
  // the packet; the same of the frame before that; the values of this frame, of which group g sees those of
  // groups 0 .. g - 1.
  std::vector<int16_t> hidden;
  std::vector<int16_t> symbols;  // [groups, units, sum of the radices]

  static int Inputs(const BottleneckConfig& bottleneck) { return 3 * bottleneck.latents() + 3; }
  static int Symbols(const BottleneckConfig& bottleneck);  // sum of the radices
  bool operator==(const EntropyNetworkWeights&) const = default;
};

// The values of all tokens, [groups or 1, codes, dims]: of scalars with L levels
// trunc(128 (2 level + 1 - L) / L), of a codebook [groups or 1, codes, dims] round(64 value) within
// +- kMaxEntropyValue, halves away from 0.
std::vector<int16_t> TokenValues(const BottleneckConfig& bottleneck, std::span<const float> codebook);

class EntropyNetwork {
 public:
  // `codebook`: of type vp, [groups or 1, codes, dims]. Refused: shapes that do not fit, and weights with
  // which a sum could leave 32 bits.
  static Result<EntropyNetwork> Create(const BottleneckConfig& bottleneck, std::span<const float> codebook,
                                       EntropyNetworkWeights weights);

  const EntropyNetworkWeights& weights() const { return weights_; }  // as given

 private:
  friend class EntropyNetworkState;
  void Pack(int inputs, int symbols);
  const int16_t* Values(int group, int token) const;

  EntropyNetworkWeights weights_;
  std::vector<int16_t> values_;  // TokenValues()
  size_t group_values_ = 0;      // of a group, 0 if all share theirs
  int groups_ = 0;
  int dims_ = 0;
  int pairs_ = 0;                  // of values of a group
  int width_ = 0;                  // units, padded
  int symbol_width_ = 0;           // symbols, padded
  std::vector<int> first_symbol_;  // of each digit
  // [groups][2 + 3 groups pairs][width][2]: 1 and both flags; the frame before; the one before that; this
  // one.
  std::vector<int16_t> hidden_;
  std::vector<int16_t> symbols_;  // [groups][units / 2][symbol width][2]
};

// What the network knows of one packet so far. Allocates nothing.
class EntropyNetworkState {
 public:
  explicit EntropyNetworkState(const EntropyNetwork& network);

  void StartPacket() noexcept;
  void StartFrame() noexcept;
  // Before the first digit of a token.
  void StartToken(int group) noexcept;
  // From the cumulative frequencies of a table [radix + 1] to those that the digit is coded with.
  void Sharpen(int digit, std::span<const uint16_t> table, std::span<uint16_t> sharpened) const noexcept;
  void EndToken(int group, int token) noexcept;

 private:
  static constexpr int kMaxPairs = 8;      // half the dimensions of a codebook
  static constexpr int kMaxSymbols = 256;  // more than 8 digits whose product is at most 16384 can have

  struct Frame {
    int groups = 0;  // sent so far
    std::array<int16_t, size_t{2} * kMaxPairs * kMaxGroups> values;
  };

  Frame& Before(int frames) noexcept;  // 0: this one

  const EntropyNetwork& network_;
  int frames_ = 0;              // started in this packet
  std::array<Frame, 3> frame_;  // turned by the counter
  std::array<int32_t, kMaxSymbols> scores_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_ENTROPY_NETWORK_H_
