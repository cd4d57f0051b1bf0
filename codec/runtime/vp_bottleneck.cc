#include "codec/runtime/vp_bottleneck.h"

#include <algorithm>

#include "codec/runtime/nearest.h"

namespace quaver::internal {

VpBottleneck::VpBottleneck(const BottleneckConfig& config, std::span<const float> codebook)
    : Bottleneck(config), dims_(config.dims()) {
  const size_t size = static_cast<size_t>(config.codes()) * static_cast<size_t>(dims_);
  for (; codebook.size() >= size; codebook = codebook.subspan(size))
    tables_.emplace_back(codebook.first(size), dims_);
}

void VpBottleneck::Quantise(float* latents, int frames, int n_q, uint16_t* tokens) const {
  for (int t = 0; t < frames; ++t) {
    Nearest(tables_, latents + static_cast<size_t>(t) * stride(), n_q, tokens);
    tokens += n_q;
  }
}

void VpBottleneck::Dequantise(const uint16_t* tokens, int frames, int n_q, float* latents) const {
  for (int t = 0; t < frames; ++t, latents += stride()) {
    float* out = latents;
    for (int group = 0; group < n_q; ++group, ++tokens) {
      for (int i = 0; i < dims_; ++i) *out++ = TableOf(group).At(*tokens, i);
    }
    std::fill(out, latents + stride(), 0.0f);
  }
}

}  // namespace quaver::internal
