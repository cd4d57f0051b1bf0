// The network as a list of layers. The LibTorch module and the runtime are both built from this list, and the
// weights file holds just the tensors that it names and those of the bottleneck.
#ifndef QUAVER_CODEC_MODEL_LAYERS_H_
#define QUAVER_CODEC_MODEL_LAYERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "codec/model/config.h"

namespace quaver {

enum class LayerKind {
  // samples [steps * hop] -> features [steps, 3 * bins]: with X the DFT of the last `window` samples under a
  // periodic Hann window and P = |X|^2 + 1e-6: ln(P) / 4, then Re X * P^-0.35, then Im X * P^-0.35.
  kStft,
  // [steps, in] -> [steps / stride, out]: causal convolution, output t sees inputs up to t * stride + stride
  // - 1.
  kConv,
  // [steps, channels] -> same: x + scale * Down(Gelu(Up(LayerNorm(DepthwiseConv(x))))), causal, GELU in its
  // tanh
  // form (Hendrycks and Gimpel), LayerNorm with epsilon 1e-5 (ConvNeXt, Liu et al., arXiv 2201.03545).
  kBlock,
  // [steps, in] -> [2 * steps, out]: one linear map to 2 * out channels, the first half is the earlier step.
  kUpsample,
  // [steps, in] -> samples [steps * hop]: linear to log magnitude m and phase p of each bin, spectrum
  // min(e^m, 100) * e^(ip), inverse DFT, synthesis window (sine squared slopes over `overlap` samples),
  // overlap-add.
  // (Vocos, Siuzdak, arXiv 2306.00814.)
  kIstft,
};

struct LayerSpec {
  LayerKind kind;
  std::string name;  // prefix of its tensors, such as "encoder.0"
  int in = 0;        // channels
  int out = 0;
  int kernel = 1;  // steps
  int stride = 1;
  int hidden = 0;  // kBlock: channels between the pointwise layers
};

// The encoder ends in the latents before the bottleneck's squashing [frames, latents], the decoder begins
// with its output [frames, latents], zero where a group was not sent.
struct Network {
  std::vector<LayerSpec> encoder;
  std::vector<LayerSpec> decoder;
};
Network BuildNetwork(const Config& config);

// A tensor of the weights file. Matrices are stored as F16, everything else as F32.
//   kConv, kUpsample, kIstft: weight [out, kernel, in] (matrix; out = 2 * channels for kUpsample and
//     2 * synthesis_bins for kIstft, log magnitudes first), bias [out].
//   kBlock: dw.weight [kernel, channels] (oldest step first), dw.bias, norm.weight, norm.bias [channels],
//     up.weight [hidden, 1, channels], up.bias [hidden], down.weight [channels, 1, hidden], down.bias, scale
//     [channels].
// Steps of a kernel run from the oldest to the newest.
struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;
  bool matrix = false;
};
std::vector<TensorSpec> ListTensors(const Config& config);

// What the bottleneck brings along, which no layer owns. Type vp: the codebook [groups, codes, dims], F32, or
// [1, codes, dims] where all groups share one; a token is the index of the code that is nearest to its group
// of latents. Nothing for the other types.
inline constexpr const char* kCodebook = "bottleneck.codebook";
std::vector<TensorSpec> ListBottleneckTensors(const Config& config);

// Cost of encoder and decoder together, DFTs as matrix products and the search for the nearest code included.
struct NetworkCost {
  int64_t parameters = 0;
  double macs_per_second = 0;  // multiply-accumulates a second of audio
};
NetworkCost CountCost(const Config& config);

}  // namespace quaver

#endif  // QUAVER_CODEC_MODEL_LAYERS_H_
