// Packets: 1 to 25 frames of tokens, range coded. The documentation's bitstream.md specifies the bytes.
#ifndef QUAVER_CODEC_BITSTREAM_PACKET_H_
#define QUAVER_CODEC_BITSTREAM_PACKET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/export.h"
#include "codec/limits.h"

namespace quaver {

class EntropyModel;  // Model::entropy() of codec.h

inline constexpr int kMaxFramesPerPacket = 25;  // half a second
inline constexpr uint16_t kNoToken = 0xFFFF;    // stands where a frame has fewer tokens than the row is wide

// What a stream does unless a packet says otherwise; costs next to nothing then.
struct PacketDefaults {
  int frames = kMaxFramesPerPacket;  // 1 .. 25
  int n_q = 0;                       // 0 .. groups
};

// Frames of a packet; rows beyond `frames` and tokens beyond a row's n_q are kNoToken.
struct PacketTokens {
  int frames = 0;
  std::array<uint8_t, kMaxFramesPerPacket> n_q{};  // tokens of each frame, 0 .. groups
  std::array<std::array<uint16_t, kMaxGroups>, kMaxFramesPerPacket> token{};  // [frame][group]
};

// Upper bound of a packet's size in bytes: what a caller must have room for. Packets are far smaller (a full
// one of the default model takes 562 bytes with flat tables); this holds for the least likely tokens under
// any tables.
inline constexpr size_t kMaxPacketBytes = 8192;

// Writes `tokens` into `out`; allocates nothing. Returns the bytes written; 0 means that `tokens` is not
// valid (frames outside 1 .. 25, an n_q outside 0 .. groups, a token outside the code range), that `defaults`
// is not, or that `out` is shorter than kMaxPacketBytes. An empty packet cannot be written: at least one byte
// always is.
QUAVER_API size_t EncodePacket(const EntropyModel& model, const PacketDefaults& defaults,
                               const PacketTokens& tokens, std::span<uint8_t> out) noexcept;

// Reads a packet; allocates nothing. Any bytes decode to some tokens or are refused (false, and `tokens` has
// no frames): never a crash, never a token out of range. Refused are empty packets, those longer than
// kMaxPacketBytes, and those with bytes other than zero behind their tokens. Decoding reads zeros past the
// end.
QUAVER_API bool DecodePacket(const EntropyModel& model, const PacketDefaults& defaults,
                             std::span<const uint8_t> packet, PacketTokens& tokens) noexcept;

// Frames of a packet, 1 .. 25, which can be read without the entropy model; 0 for a packet (or `defaults`)
// that DecodePacket would refuse unread. What is lost when such a packet turns out to be damaged.
QUAVER_API int PacketFrames(const PacketDefaults& defaults, std::span<const uint8_t> packet) noexcept;

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_PACKET_H_
