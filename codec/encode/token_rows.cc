#include "codec/encode/token_rows.h"

#include <algorithm>

namespace quaver {

size_t RowLength(std::span<const uint16_t> row) {
  return static_cast<size_t>(std::find(row.begin(), row.end(), kNoToken) - row.begin());
}

void TruncateRows(std::span<const int> n_q, std::span<uint16_t> rows) {
  if (n_q.empty()) return;
  const size_t width = rows.size() / n_q.size();
  for (size_t row = 0; row < n_q.size(); ++row)
    std::ranges::fill(rows.subspan(row * width, width).subspan(static_cast<size_t>(n_q[row])), kNoToken);
}

void AppendFrame(PacketTokens& packet, std::span<const uint16_t> tokens) {
  const auto frame = static_cast<size_t>(packet.frames);
  packet.n_q[frame] = static_cast<uint8_t>(tokens.size());
  packet.token[frame].fill(kNoToken);
  std::copy(tokens.begin(), tokens.end(), packet.token[frame].begin());
  ++packet.frames;
}

void TruncateFrames(PacketTokens& packet, int n_q) {
  for (size_t frame = 0; frame < static_cast<size_t>(packet.frames); ++frame) {
    packet.n_q[frame] = std::min(packet.n_q[frame], static_cast<uint8_t>(n_q));
    std::fill(packet.token[frame].begin() + packet.n_q[frame], packet.token[frame].end(), kNoToken);
  }
}

}  // namespace quaver
