// Rows of tokens: what an encoder makes of a frame, cut to what is sent of it. kNoToken ends a row early.
#ifndef QUAVER_CODEC_ENCODE_TOKEN_ROWS_H_
#define QUAVER_CODEC_ENCODE_TOKEN_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/bitstream/packet.h"

namespace quaver {

// The tokens of a row before its first kNoToken.
size_t RowLength(std::span<const uint16_t> row);

// Leaves each row its first n_q[row] tokens; rows [n_q.size(), width].
void TruncateRows(std::span<const int> n_q, std::span<uint16_t> rows);

// Adds a frame of at most kMaxGroups tokens to a packet of fewer than kMaxFramesPerPacket frames.
void AppendFrame(PacketTokens& packet, std::span<const uint16_t> tokens);

// Leaves each frame of a packet at most its first n_q tokens.
void TruncateFrames(PacketTokens& packet, int n_q);

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_TOKEN_ROWS_H_
