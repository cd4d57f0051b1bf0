// The network with gradients, built from the same list of layers as the runtime (codec/model/layers.h).
// Activations are [batch, steps, channels].
#ifndef QUAVER_CODEC_TRAIN_NETWORK_H_
#define QUAVER_CODEC_TRAIN_NETWORK_H_

#include <map>
#include <string>
#include <torch/nn/module.h>
#include <torch/types.h>

#include "codec/model/config.h"
#include "codec/model/layers.h"
#include "codec/model/weights.h"

namespace quaver {

class TorchNetworkImpl : public torch::nn::Module {
 public:
  explicit TorchNetworkImpl(const Config& config);

  // samples [batch, frames * frame] -> latents before squashing [batch, frames, latents]
  torch::Tensor Encode(const torch::Tensor& samples);
  // bottleneck's output [batch, frames, latents] -> samples [batch, frames * frame], late by config.overlap
  torch::Tensor Decode(const torch::Tensor& latents);

  const Config& config() const { return config_; }
  // Matrix products in bfloat16 (spectra, norms and the residual path stay fp32): for training only.
  void set_bf16(bool on) { bf16_ = on; }

 private:
  torch::Tensor Run(const LayerSpec& layer, const torch::Tensor& x);
  torch::Tensor Linear(const LayerSpec& layer, const std::string& part, const torch::Tensor& x);
  torch::Tensor Conv(const LayerSpec& layer, const torch::Tensor& x);
  torch::Tensor Block(const LayerSpec& layer, const torch::Tensor& x);
  torch::Tensor Stft(const torch::Tensor& samples);
  torch::Tensor Istft(const LayerSpec& layer, const torch::Tensor& x);
  const torch::Tensor& Get(const LayerSpec& layer, const char* suffix) {
    return tensors_.at(layer.name + suffix);
  }

  Config config_;
  bool bf16_ = false;
  Network network_;
  std::map<std::string, torch::Tensor> tensors_;  // by the names of ListTensors
  torch::Tensor hann_;                            // [window], and
  torch::Tensor fade_;                            // [synthesis_window]: for the CPU, where an FFT is faster
  torch::Tensor dft_;                             // [window, 2 * bins]: Hann window and DFT in one matrix
  torch::Tensor inverse_;  // [2 * synthesis_bins, synthesis_window]: inverse DFT and synthesis window
};
TORCH_MODULE(TorchNetwork);

// Copies between the module's parameters and the tensors of a weights file.
std::map<std::string, Tensor> ReadTensors(TorchNetworkImpl& network);
void LoadTensors(TorchNetworkImpl& network, const std::map<std::string, Tensor>& tensors);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_NETWORK_H_
