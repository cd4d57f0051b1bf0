// The layers of codec/model/layers.h over a whole signal at once, as the formulas say, in double precision.
#ifndef QUAVER_TESTS_RUNTIME_REFERENCE_H_
#define QUAVER_TESTS_RUNTIME_REFERENCE_H_

#include <vector>

#include "codec/model/layers.h"
#include "codec/model/weights.h"

namespace quaver {

using Signal = std::vector<std::vector<double>>;  // [steps][channels]; samples are steps of one channel

Signal ReferenceLayer(const LayerSpec& spec, const Weights& weights, const Signal& in);
Signal ReferenceNetwork(const std::vector<LayerSpec>& layers, const Weights& weights, Signal in);

}  // namespace quaver

#endif  // QUAVER_TESTS_RUNTIME_REFERENCE_H_
