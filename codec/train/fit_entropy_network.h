// The network of the entropy model, learnt from tokens. codec/bitstream/entropy_network.h says what it
// computes; here it is fp32, and its weights are rounded at the end.
#ifndef QUAVER_CODEC_TRAIN_FIT_ENTROPY_NETWORK_H_
#define QUAVER_CODEC_TRAIN_FIT_ENTROPY_NETWORK_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "codec/bitstream/entropy_model.h"
#include "codec/train/clip_tokens.h"

namespace quaver {

struct FitEntropyNetworkOptions {
  int64_t steps = 6000;  // 0: no network
  int units = 48;        // of each group, 1 .. kMaxEntropyUnits
  int batch = 2048;      // frames a step
  double learning_rate = 2e-3;
  uint64_t seed = 1;
};

// Minimises the bits of the tokens, with any number of them sent and packets of any length, by AdamW.
// `tables` is what it sharpens. Deterministic on one machine. Without frames, or with steps 0, there is no
// network (units 0).
EntropyNetworkWeights FitEntropyNetwork(const BottleneckConfig& bottleneck, std::span<const float> codebook,
                                        const EntropyModel& tables, const std::vector<ClipTokens>& clips,
                                        const FitEntropyNetworkOptions& options,
                                        const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_FIT_ENTROPY_NETWORK_H_
