// Clips as the runtime tokenises them.
#ifndef QUAVER_CODEC_TRAIN_CLIP_TOKENS_H_
#define QUAVER_CODEC_TRAIN_CLIP_TOKENS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/codec.h"
#include "codec/train/data/dataset.h"

namespace quaver {

struct ClipTokens {
  int frames = 0;
  std::vector<uint16_t> tokens;  // [frames, groups]
};

// In blocks, so that an hour of speech in one file takes no more memory than a second.
ClipTokens Tokenise(const std::shared_ptr<const Model>& model, const Clip& clip);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_CLIP_TOKENS_H_
