// VP: a token is the code that is nearest to its latents. One codebook for each group, or one for all.
#ifndef QUAVER_CODEC_RUNTIME_VP_BOTTLENECK_H_
#define QUAVER_CODEC_RUNTIME_VP_BOTTLENECK_H_

#include <vector>

#include "codec/runtime/bottleneck.h"
#include "codec/runtime/code_table.h"

namespace quaver::internal {

class VpBottleneck final : public Bottleneck {
 public:
  VpBottleneck(const BottleneckConfig& config, std::span<const float> codebook);

  void Quantise(float* latents, int frames, int n_q, uint16_t* tokens) const override;
  void Dequantise(const uint16_t* tokens, int frames, int n_q, float* latents) const override;

 private:
  const CodeTable& TableOf(int group) const { return tables_[tables_.size() == 1 ? 0 : group]; }

  int dims_;
  std::vector<CodeTable> tables_;
};

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_RUNTIME_VP_BOTTLENECK_H_
