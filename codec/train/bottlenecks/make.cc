#include "codec/train/bottlenecks/baselines/fsq.h"
#include "codec/train/bottlenecks/baselines/none.h"
#include "codec/train/bottlenecks/baselines/simvq.h"
#include "codec/train/bottlenecks/baselines/vq.h"
#include "codec/train/bottlenecks/bottleneck.h"
#include "codec/train/bottlenecks/fsp.h"
#include "codec/train/bottlenecks/vp.h"

namespace quaver {

std::shared_ptr<Bottleneck> MakeBottleneck(const BottleneckConfig& config, const BottleneckOptions& options) {
  if (config.type == "fsp") return std::make_shared<Fsp>(config, options.fsp);
  if (config.type == "vp") return std::make_shared<VectorPerturbation>(config, options.vp);
  if (config.type == "fsq" || config.type == "fsq-noise") return std::make_shared<Fsq>(config, options.fsq);
  if (config.type == "vq") return std::make_shared<Vq>(config, options.vq);
  if (config.type == "simvq") return std::make_shared<SimVq>(config, options.vq);
  if (config.type == "none") return std::make_shared<None>(options.none);
  return nullptr;
}

}  // namespace quaver
