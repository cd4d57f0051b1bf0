#include "codec/train/clip_tokens.h"

#include <algorithm>
#include <span>

#include "codec/samples.h"

namespace quaver {

ClipTokens Tokenise(const std::shared_ptr<const Model>& model, const Clip& clip) {
  constexpr size_t kBlock = 16384;
  Encoder encoder(model);
  ClipTokens out;
  out.frames = static_cast<int>(clip.samples.size() / model->frame());
  const auto width = static_cast<size_t>(model->groups());
  out.tokens.resize(static_cast<size_t>(out.frames) * width);
  std::vector<float> block;
  size_t done = 0;  // tokens
  for (size_t at = 0; at < clip.samples.size(); at += kBlock) {
    block.clear();
    for (size_t i = at; i < std::min(at + kBlock, clip.samples.size()); ++i)
      block.push_back(FromPcm16(clip.samples[i]));
    done += static_cast<size_t>(encoder.Encode(block, model->groups(), std::span(out.tokens).subspan(done))) *
            width;
  }
  return out;
}

}  // namespace quaver
