// The same network with the same weights in LibTorch, on one thread. Without QUAVER_TRAIN there is none.
#ifndef QUAVER_BENCH_TORCH_PEER_H_
#define QUAVER_BENCH_TORCH_PEER_H_

#include <optional>
#include <vector>

#include "bench/contender.h"
#include "codec/model/weights.h"

namespace quaver::bench {

// Packet by packet, and whole file; networks and bottleneck alone, without the range coder. `speech` outlives
// them. Empty without LibTorch.
std::vector<Entry> TorchContenders(const Weights& weights, int n_q, const Speech& speech);

// Multiply-accumulates a second of one product of size x size matrices; nothing without LibTorch.
std::optional<double> TorchGemm(int size);

}  // namespace quaver::bench

#endif  // QUAVER_BENCH_TORCH_PEER_H_
