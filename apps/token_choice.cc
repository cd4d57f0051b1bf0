#include "apps/token_choice.h"

#include <algorithm>
#include <cstddef>

#include "codec/bitstream/packet.h"

namespace quaver {

void KeepFirst(std::span<const int> n_q, std::span<uint16_t> rows) {
  if (n_q.empty()) return;
  const size_t width = rows.size() / n_q.size();
  for (size_t row = 0; row < n_q.size(); ++row)
    std::ranges::fill(rows.subspan(row * width, width).subspan(static_cast<size_t>(n_q[row])), kNoToken);
}

}  // namespace quaver
