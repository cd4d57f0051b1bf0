#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/fsp.h"
#include "codec/train/bottlenecks/vp.h"

namespace quaver {

std::shared_ptr<Bottleneck> MakeBottleneck(const BottleneckConfig& config, const BottleneckOptions& options) {
  if (config.type == "fsp") return std::make_shared<Fsp>(config, options.fsp);
  if (config.type == "vp") return std::make_shared<VectorPerturbation>(config, options.vp);
  return nullptr;
}

}  // namespace quaver
