#include "bench/torch_peer.h"

namespace quaver::bench {

std::vector<Entry> TorchContenders(const Weights&, int, const Speech&) { return {}; }

std::optional<double> TorchGemm(int) { return std::nullopt; }

}  // namespace quaver::bench
