#include "codec/bitstream/packet.h"

#include <algorithm>

#include "codec/bitstream/entropy_model.h"
#include "codec/bitstream/packet_shape.h"
#include "codec/bitstream/range_coder.h"
#include "codec/bitstream/token_contexts.h"

namespace quaver {
namespace {

using Flag = std::array<uint16_t, 3>;                       // cumulative frequencies: usual, unusual
constexpr Flag kAsDefault = {0, (1 << 15) - 128, 1 << 15};  // 0.006 bits, or 8
constexpr Flag kUsual = {0, 7 << 12, 1 << 15};              // 0.19 bits, or 3

// Header and tokens cost at most 15 bits a digit, and less than 16 in all with what the divisions lose.
static_assert(kMaxFramesPerPacket * (kMaxGroups * kMaxDigits + 2) * 16 / 8 + 8 < kMaxPacketBytes);

bool Valid(const PacketDefaults& defaults, int groups) {
  return defaults.frames >= 1 && defaults.frames <= kMaxFramesPerPacket && defaults.n_q >= 0 &&
         defaults.n_q <= groups;
}

bool Valid(const PacketShape& shape, int groups) {
  return Valid(shape.defaults, groups) && shape.leading_frames >= 0 &&
         shape.leading_frames <= shape.defaults.frames && shape.leading_n_q >= 0 &&
         shape.leading_n_q <= groups;
}

bool Valid(const EntropyModel& model, const PacketTokens& tokens) {
  if (tokens.frames < 1 || tokens.frames > kMaxFramesPerPacket) return false;
  for (size_t frame = 0; frame < static_cast<size_t>(tokens.frames); ++frame) {
    if (tokens.n_q[frame] > model.groups()) return false;
    for (size_t group = 0; group < tokens.n_q[frame]; ++group) {
      if (tokens.token[frame][group] >= model.codes()) return false;
    }
  }
  return true;
}

// The n_q that a frame of its kind, leading or not, has unless the packet says otherwise.
int UsualNq(const PacketShape& shape, size_t frame) {
  return frame < static_cast<size_t>(shape.leading_frames) ? shape.leading_n_q : shape.defaults.n_q;
}

// Where the n_q of the frame before says nothing about this one's.
bool BeginsKind(const PacketShape& shape, size_t frame) {
  return frame == 0 || frame == static_cast<size_t>(shape.leading_frames);
}

void EncodeShape(RangeEncoder& coder, int groups, const PacketShape& shape, const PacketTokens& tokens) {
  const auto frames = static_cast<size_t>(tokens.frames);
  const bool usual_frames = tokens.frames == shape.defaults.frames;
  bool plain = usual_frames;
  for (size_t frame = 0; frame < frames; ++frame) plain = plain && tokens.n_q[frame] == UsualNq(shape, frame);
  coder.EncodeSymbol(kAsDefault, plain ? 0 : 1);
  if (plain) return;
  coder.EncodeSymbol(kUsual, usual_frames ? 0 : 1);
  if (!usual_frames) coder.EncodeUniform(tokens.frames - 1, kMaxFramesPerPacket);
  int before = 0;
  for (size_t frame = 0; frame < frames; ++frame) {
    if (BeginsKind(shape, frame)) before = UsualNq(shape, frame);
    const int n_q = tokens.n_q[frame];
    coder.EncodeSymbol(kUsual, n_q == before ? 0 : 1);
    if (n_q != before) coder.EncodeUniform(n_q, groups + 1);
    before = n_q;
  }
}

int DecodeFrames(RangeDecoder& coder, const PacketDefaults& defaults, bool& as_default) {
  as_default = coder.DecodeSymbol(kAsDefault) == 0;
  if (as_default || coder.DecodeSymbol(kUsual) == 0) return defaults.frames;
  return coder.DecodeUniform(kMaxFramesPerPacket) + 1;
}

void DecodeShape(RangeDecoder& coder, int groups, const PacketShape& shape, PacketTokens& tokens) {
  bool as_default = false;
  tokens.frames = DecodeFrames(coder, shape.defaults, as_default);
  int n_q = 0;
  for (size_t frame = 0; frame < static_cast<size_t>(tokens.frames); ++frame) {
    if (BeginsKind(shape, frame)) n_q = UsualNq(shape, frame);
    if (!as_default && coder.DecodeSymbol(kUsual) != 0) n_q = coder.DecodeUniform(groups + 1);
    tokens.n_q[frame] = static_cast<uint8_t>(n_q);
  }
}

void Clear(PacketTokens& tokens) {
  tokens.frames = 0;
  tokens.n_q.fill(0);
  for (auto& row : tokens.token) row.fill(kNoToken);
}

bool Readable(std::span<const uint8_t> packet) { return !packet.empty() && packet.size() <= kMaxPacketBytes; }

}  // namespace

size_t EncodePacketOf(const EntropyModel& model, const PacketShape& shape, const PacketTokens& tokens,
                      std::span<uint8_t> out) noexcept {
  if (out.size() < kMaxPacketBytes || !Valid(shape, model.groups()) || !Valid(model, tokens)) return 0;
  RangeEncoder coder(out);
  EncodeShape(coder, model.groups(), shape, tokens);
  TokenContexts contexts(model);
  for (size_t frame = 0; frame < static_cast<size_t>(tokens.frames); ++frame) {
    contexts.StartFrame();
    for (int group = 0; group < tokens.n_q[frame]; ++group) {
      int rest = tokens.token[frame][static_cast<size_t>(group)];
      contexts.Token(group, [&](int digit, std::span<const uint16_t> cumulative) {
        const int radix = model.radix()[static_cast<size_t>(digit)];
        const int value = rest % radix;
        rest /= radix;
        coder.EncodeSymbol(cumulative, value);
        return value;
      });
    }
    for (int group = tokens.n_q[frame]; group < model.groups(); ++group) contexts.Skip(group);
  }
  return coder.Finish();
}

size_t EncodePacket(const EntropyModel& model, const PacketDefaults& defaults, const PacketTokens& tokens,
                    std::span<uint8_t> out) noexcept {
  return EncodePacketOf(model, {.defaults = defaults}, tokens, out);
}

bool DecodePacketOf(const EntropyModel& model, const PacketShape& shape, std::span<const uint8_t> packet,
                    PacketTokens& tokens) noexcept {
  Clear(tokens);
  if (!Readable(packet) || !Valid(shape, model.groups())) return false;
  RangeDecoder coder(packet);
  DecodeShape(coder, model.groups(), shape, tokens);
  TokenContexts contexts(model);
  for (size_t frame = 0; frame < static_cast<size_t>(tokens.frames); ++frame) {
    contexts.StartFrame();
    for (int group = 0; group < tokens.n_q[frame]; ++group) {
      const int token = contexts.Token(
          group, [&](int, std::span<const uint16_t> cumulative) { return coder.DecodeSymbol(cumulative); });
      tokens.token[frame][static_cast<size_t>(group)] = static_cast<uint16_t>(token);
    }
    for (int group = tokens.n_q[frame]; group < model.groups(); ++group) contexts.Skip(group);
  }
  if (!coder.HasExcess()) return true;
  Clear(tokens);
  return false;
}

bool DecodePacket(const EntropyModel& model, const PacketDefaults& defaults, std::span<const uint8_t> packet,
                  PacketTokens& tokens) noexcept {
  return DecodePacketOf(model, {.defaults = defaults}, packet, tokens);
}

int PacketFrames(const PacketDefaults& defaults, std::span<const uint8_t> packet) noexcept {
  if (!Readable(packet) || !Valid(defaults, kMaxGroups)) return 0;
  RangeDecoder coder(packet);
  bool as_default = false;
  return DecodeFrames(coder, defaults, as_default);
}

}  // namespace quaver
