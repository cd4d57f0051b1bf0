#include "codec/runtime/bottleneck.h"

#include "codec/runtime/buffer.h"
#include "codec/runtime/fsp_bottleneck.h"
#include "codec/runtime/vp_bottleneck.h"

namespace quaver::internal {

Bottleneck::Bottleneck(const BottleneckConfig& config)
    : stride_(Padded(config.latents())), codes_(config.codes()) {}

std::unique_ptr<const Bottleneck> MakeBottleneck(const BottleneckConfig& config,
                                                 std::span<const float> codebook) {
  if (config.type == "vp") return std::make_unique<VpBottleneck>(config, codebook);
  return std::make_unique<FspBottleneck>(config);
}

}  // namespace quaver::internal
