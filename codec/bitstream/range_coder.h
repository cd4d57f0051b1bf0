// Range coder with carry (G. N. N. Martin, 1979): integers only, a 32-bit range, totals of 1 <<
// kFrequencyBits. docs/reference/bitstream.md gives the arithmetic step by step; both sides below are a
// transcription of it.
#ifndef QUAVER_CODEC_BITSTREAM_RANGE_CODER_H_
#define QUAVER_CODEC_BITSTREAM_RANGE_CODER_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace quaver {

// First value of symbol `symbol` when `count` symbols are about as likely as each other; count <= 1 << 15.
constexpr uint32_t UniformCumulative(int symbol, int count) {
  return (static_cast<uint32_t>(symbol) << 15) / static_cast<uint32_t>(count);
}

// Writes into a span that the caller owns; allocates nothing.
class RangeEncoder {
 public:
  explicit RangeEncoder(std::span<uint8_t> out) : out_(out) {}

  // The symbol that owns [low, high) of 1 << kFrequencyBits, low < high.
  void Encode(uint32_t low, uint32_t high) noexcept;
  // `cumulative`: symbols + 1 values, from 0 to 1 << kFrequencyBits.
  void EncodeSymbol(std::span<const uint16_t> cumulative, int symbol) noexcept {
    Encode(cumulative[static_cast<size_t>(symbol)], cumulative[static_cast<size_t>(symbol) + 1]);
  }
  void EncodeUniform(int symbol, int count) noexcept {
    Encode(UniformCumulative(symbol, count), UniformCumulative(symbol + 1, count));
  }
  // Ends with the fewest bytes that decode correctly when zeros follow, at least one. Returns the bytes
  // written in all, or 0 if they did not fit.
  size_t Finish() noexcept;

 private:
  void Carry() noexcept;
  void Put(uint8_t byte) noexcept;

  std::span<uint8_t> out_;
  size_t size_ = 0;
  bool full_ = false;
  uint32_t low_ = 0;
  uint32_t range_ = 0xFFFFFFFF;
};

// Reads zeros past the end. Any bytes decode to some symbols.
class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const uint8_t> in) noexcept;

  int DecodeSymbol(std::span<const uint16_t> cumulative) noexcept;
  int DecodeUniform(int count) noexcept;
  // True if a byte that is not zero lies behind all that was read: no encoder writes such a thing.
  bool HasExcess() const noexcept;

 private:
  uint32_t Target() const noexcept;  // value in 0 .. (1 << kFrequencyBits) - 1, inside the next symbol
  void Consume(uint32_t low, uint32_t high) noexcept;
  uint8_t Get() noexcept { return position_ < in_.size() ? in_[position_++] : uint8_t{0}; }

  std::span<const uint8_t> in_;
  size_t position_ = 0;
  uint32_t code_ = 0;  // value of the bytes read, minus the encoder's low
  uint32_t range_ = 0xFFFFFFFF;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_RANGE_CODER_H_
