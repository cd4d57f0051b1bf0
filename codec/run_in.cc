// How much of a stream the decoder remembers. Its layers are causal convolutions, an upsampling and an
// overlap-add, none of them recurrent: a sample depends on a fixed number of frames, those of its own and the
// ones before it that the kernels reach back to.
#include "codec/model/layers.h"
#include "codec/model_access.h"
#include "codec/stream_decoder.h"

namespace quaver {

int RunInFrames(const Model& model) {
  const Config& config = internal::ModelAccess::config(model);
  int history = 0;  // steps at the present rate that the layers so far from the end reach back
  const Network network = BuildNetwork(config);
  for (auto layer = network.decoder.rbegin(); layer != network.decoder.rend(); ++layer) {
    if (layer->kind == LayerKind::kIstft) history += (config.overlap + config.hop - 1) / config.hop;
    if (layer->kind == LayerKind::kUpsample) history = (history + 1) / 2;  // two steps of one
    history += layer->kernel - 1;
  }
  return history;
}

}  // namespace quaver
