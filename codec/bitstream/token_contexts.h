// Internal: the frequencies that the digits of a packet's tokens are coded with, one after the other: of the
// tables, sharpened by the network if the model has one. What costing, encoding and decoding share.
#ifndef QUAVER_CODEC_BITSTREAM_TOKEN_CONTEXTS_H_
#define QUAVER_CODEC_BITSTREAM_TOKEN_CONTEXTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "codec/bitstream/digits.h"
#include "codec/bitstream/entropy_model.h"
#include "codec/bitstream/entropy_network.h"

namespace quaver {

// Allocates nothing.
class TokenContexts {
 public:
  explicit TokenContexts(const EntropyModel& model) : model_(model), walk_(model.layout()) {
    if (model.network() != nullptr) state_.emplace(*model.network());
  }

  void StartPacket() noexcept {
    walk_.StartPacket();
    if (state_) state_->StartPacket();
  }
  void StartFrame() noexcept {
    if (state_) state_->StartFrame();
  }
  // Group `group` of this frame is not sent.
  void Skip(int group) noexcept { walk_.Skip(group); }
  // Visits the digits of one token, fastest first: `code(digit, cumulative)` returns the digit's value, given
  // the cumulative frequencies [radix + 1]. Returns the token.
  template <typename Code>
  int Token(int group, Code&& code) noexcept {
    if (state_) state_->StartToken(group);
    const int token = walk_.Token(group, [&](int digit, int context) {
      std::span<const uint16_t> table = model_.Cumulative(group, digit, context);
      if (!state_) return code(digit, table);
      const auto sharpened = std::span(sharpened_).first(table.size());
      state_->Sharpen(digit, table, sharpened);
      return code(digit, std::span<const uint16_t>(sharpened));
    });
    if (state_) state_->EndToken(group, token);
    return token;
  }

 private:
  const EntropyModel& model_;
  DigitWalk walk_;
  std::optional<EntropyNetworkState> state_;
  std::array<uint16_t, kMaxRadix + 1> sharpened_;
};

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_TOKEN_CONTEXTS_H_
