#include "codec/bitstream/packet.h"

#include <algorithm>

#include "codec/bitstream/entropy_model.h"
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

void EncodeShape(RangeEncoder& coder, int groups, const PacketDefaults& defaults,
                 const PacketTokens& tokens) {
  const auto frames = static_cast<size_t>(tokens.frames);
  const auto usual_n_q = [&](size_t frame) { return tokens.n_q[frame] == defaults.n_q; };
  bool as_default = tokens.frames == defaults.frames;
  for (size_t frame = 0; frame < frames; ++frame) as_default = as_default && usual_n_q(frame);
  coder.EncodeSymbol(kAsDefault, as_default ? 0 : 1);
  if (as_default) return;
  const bool usual_frames = tokens.frames == defaults.frames;
  coder.EncodeSymbol(kUsual, usual_frames ? 0 : 1);
  if (!usual_frames) coder.EncodeUniform(tokens.frames - 1, kMaxFramesPerPacket);
  int before = defaults.n_q;
  for (size_t frame = 0; frame < frames; ++frame) {
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

void DecodeShape(RangeDecoder& coder, int groups, const PacketDefaults& defaults, PacketTokens& tokens) {
  bool as_default = false;
  tokens.frames = DecodeFrames(coder, defaults, as_default);
  int n_q = defaults.n_q;
  for (size_t frame = 0; frame < static_cast<size_t>(tokens.frames); ++frame) {
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

size_t EncodePacket(const EntropyModel& model, const PacketDefaults& defaults, const PacketTokens& tokens,
                    std::span<uint8_t> out) noexcept {
  if (out.size() < kMaxPacketBytes || !Valid(defaults, model.groups()) || !Valid(model, tokens)) return 0;
  RangeEncoder coder(out);
  EncodeShape(coder, model.groups(), defaults, tokens);
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

bool DecodePacket(const EntropyModel& model, const PacketDefaults& defaults, std::span<const uint8_t> packet,
                  PacketTokens& tokens) noexcept {
  Clear(tokens);
  if (!Readable(packet) || !Valid(defaults, model.groups())) return false;
  RangeDecoder coder(packet);
  DecodeShape(coder, model.groups(), defaults, tokens);
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

int PacketFrames(const PacketDefaults& defaults, std::span<const uint8_t> packet) noexcept {
  if (!Readable(packet) || !Valid(defaults, kMaxGroups)) return 0;
  RangeDecoder coder(packet);
  bool as_default = false;
  return DecodeFrames(coder, defaults, as_default);
}

}  // namespace quaver
