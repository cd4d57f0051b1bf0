#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/fsp.h"

namespace quaver {

std::shared_ptr<Bottleneck> MakeBottleneck(const BottleneckConfig& config, const BottleneckOptions& options) {
  if (config.type == "fsp") return std::make_shared<Fsp>(config, options.fsp);
  return nullptr;
}

}  // namespace quaver
