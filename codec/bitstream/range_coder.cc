// A message is one long binary fraction. The encoder holds the interval [low, low + range) of the fractions
// that begin with the symbols so far; a symbol that owns [c, c + f) of 2^15 narrows it to that share. When
// the range has become small, the highest byte of low is put out and both are scaled up by 256. Since low +
// range can still pass a power of 256 afterwards, a byte that is out may have to be raised by 1: Carry() goes
// back for that (G. N. N. Martin, "Range encoding", 1979).
//
// The decoder follows with code = (bytes read) - low, which must lie in [0, range) to have come from an
// encoder; with foreign bytes it does not, and Target()'s clamp keeps the symbol in range. Invariant on both
// sides: range >= 2^24 before a symbol, so that one of 2^15 has a share of at least 2^9. The last symbol of a
// table gets what the division leaves, so that no part of the interval is wasted.
#include "codec/bitstream/range_coder.h"

#include <algorithm>

#include "codec/bitstream/entropy_model.h"

namespace quaver {
namespace {

constexpr uint32_t kTotal = uint32_t{1} << kFrequencyBits;
constexpr uint32_t kTop = uint32_t{1} << 24;  // the range is kept at least this large
static_assert(kTotal == UniformCumulative(1, 1));

// Size of [low, high) in a range of `range`; the last symbol gets what the division leaves over.
uint32_t Part(uint32_t range, uint32_t low, uint32_t high) {
  const uint32_t unit = range >> kFrequencyBits;
  return high == kTotal ? range - unit * low : unit * (high - low);
}

}  // namespace

void RangeEncoder::Encode(uint32_t low, uint32_t high) noexcept {
  const uint32_t before = low_;
  low_ += (range_ >> kFrequencyBits) * low;
  range_ = Part(range_, low, high);
  if (low_ < before) Carry();
  while (range_ < kTop) {
    Put(static_cast<uint8_t>(low_ >> 24));
    low_ <<= 8;
    range_ <<= 8;
  }
}

// One is added to the bytes that are out already. It stops before the first byte, since low + range never
// reaches one as a fraction of the whole.
void RangeEncoder::Carry() noexcept {
  if (full_) return;
  for (size_t i = size_; i-- > 0;) {
    if (++out_[i] != 0) return;
  }
}

void RangeEncoder::Put(uint8_t byte) noexcept {
  if (size_ == out_.size()) {
    full_ = true;
    return;
  }
  out_[size_++] = byte;
}

size_t RangeEncoder::Finish() noexcept {
  for (int bytes = 0; bytes <= 4; ++bytes) {
    // The only multiple of 2^(32 - 8 bytes) at or above low that can still lie inside the range.
    const uint64_t mask = (uint64_t{1} << (32 - 8 * bytes)) - 1;
    const uint64_t value = (low_ + mask) & ~mask;
    if (value - low_ >= range_) continue;
    if (value >> 32 != 0) Carry();
    for (int i = 0; i < bytes; ++i) Put(static_cast<uint8_t>(value >> (24 - 8 * i)));
    break;
  }
  if (size_ == 0) Put(0);
  if (full_) return 0;
  while (size_ > 1 && out_[size_ - 1] == 0) --size_;
  return size_;
}

RangeDecoder::RangeDecoder(std::span<const uint8_t> in) noexcept : in_(in) {
  for (int i = 0; i < 4; ++i) code_ = code_ << 8 | Get();
}

uint32_t RangeDecoder::Target() const noexcept {
  return std::min(code_ / (range_ >> kFrequencyBits), kTotal - 1);
}

void RangeDecoder::Consume(uint32_t low, uint32_t high) noexcept {
  code_ -= (range_ >> kFrequencyBits) * low;
  range_ = Part(range_, low, high);
  while (range_ < kTop) {
    code_ = code_ << 8 | Get();
    range_ <<= 8;
  }
}

int RangeDecoder::DecodeSymbol(std::span<const uint16_t> cumulative) noexcept {
  const uint32_t target = Target();
  size_t symbol = 0;
  while (symbol + 2 < cumulative.size() && cumulative[symbol + 1] <= target) ++symbol;
  Consume(cumulative[symbol], cumulative[symbol + 1]);
  return static_cast<int>(symbol);
}

int RangeDecoder::DecodeUniform(int count) noexcept {
  const uint32_t target = Target();
  int symbol = 0;
  while (symbol + 1 < count && UniformCumulative(symbol + 1, count) <= target) ++symbol;
  Consume(UniformCumulative(symbol, count), UniformCumulative(symbol + 1, count));
  return symbol;
}

bool RangeDecoder::HasExcess() const noexcept {
  const auto rest = in_.subspan(position_);
  return std::any_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte != 0; });
}

}  // namespace quaver
