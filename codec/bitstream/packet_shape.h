// Internal: packets whose first frames usually have other numbers of tokens than the rest, as those of RTP
// with their redundant frames. packet.h has the usual ones.
#ifndef QUAVER_CODEC_BITSTREAM_PACKET_SHAPE_H_
#define QUAVER_CODEC_BITSTREAM_PACKET_SHAPE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/bitstream/packet.h"

namespace quaver {

// What a packet has unless it says otherwise.
struct PacketShape {
  PacketDefaults defaults;  // frames in all, and n_q of those behind the leading ones
  int leading_frames = 0;   // 0 .. defaults.frames
  int leading_n_q = 0;      // 0 .. groups
};

// As EncodePacket and DecodePacket, which have no leading frames.
size_t EncodePacketOf(const EntropyModel& model, const PacketShape& shape, const PacketTokens& tokens,
                      std::span<uint8_t> out) noexcept;
bool DecodePacketOf(const EntropyModel& model, const PacketShape& shape, std::span<const uint8_t> packet,
                    PacketTokens& tokens) noexcept;

}  // namespace quaver

#endif  // QUAVER_CODEC_BITSTREAM_PACKET_SHAPE_H_
