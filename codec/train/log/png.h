// PNG files in memory (libpng).
#ifndef QUAVER_CODEC_TRAIN_LOG_PNG_H_
#define QUAVER_CODEC_TRAIN_LOG_PNG_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/status.h"

namespace quaver {

using Rgb = std::array<uint8_t, 3>;

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // [height, width], numbers of the palette's colours; the top row first
  std::vector<Rgb> palette;     // 1 .. 256
};

// Sides of 1 .. 16384.
Result<std::string> EncodePng(const Picture& picture);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_PNG_H_
