// The entropy model of a weights file: frequency tables counted on speech, and the network that sharpens
// them.
#ifndef QUAVER_CODEC_TRAIN_FIT_ENTROPY_H_
#define QUAVER_CODEC_TRAIN_FIT_ENTROPY_H_

#include <cstdint>
#include <functional>
#include <string>

#include "codec/model/weights.h"
#include "codec/status.h"
#include "codec/train/data/dataset.h"
#include "codec/train/fit_entropy_network.h"

namespace quaver {

// What is being done, and how far it is.
using FitProgress = std::function<void(const std::string& what, int64_t done, int64_t total)>;

// Tokenises `data` with these weights, rounded as the file stores them, and replaces their frequencies, their
// network and their metadata "payload_bps" (JSON array: bits per second of packets of 25 frames at n_q = 1 ..
// groups, on a part of `data`). The network learns from 20 hours of `data` at most.
Status FitEntropy(Weights& weights, const Dataset& data, const FitEntropyNetworkOptions& options,
                  const FitProgress& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_FIT_ENTROPY_H_
