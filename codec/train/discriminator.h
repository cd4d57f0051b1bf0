// Discriminators of two kinds. Multi-resolution complex STFT (Defossez et al., High Fidelity Neural Audio
// Compression, arXiv 2210.13438, section 3.4), one for each FFT size: a stack of 2-D convolutions over frames
// and bins with weight normalisation and leaky ReLU; a logit for each place that is left. Unlike there bins
// are merged instead of skipped by strides, and the spectrum's magnitude is compressed (power 0.3), so that
// quiet bands count too. And multi-period (Kong et al., HiFi-GAN, arXiv 2010.05646), one for each period p:
// every p-th sample of the waveform, brought to one level, convolved along time.
#ifndef QUAVER_CODEC_TRAIN_DISCRIMINATOR_H_
#define QUAVER_CODEC_TRAIN_DISCRIMINATOR_H_

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "codec/train/options.h"

namespace quaver {

// What the discriminators make of a batch, each entry [batch, channels, frames, bins].
struct Judgement {
  std::vector<torch::Tensor> logits;    // one a discriminator; above 0: taken for a recording
  std::vector<torch::Tensor> features;  // activations of every layer but the last
};

class DiscriminatorsImpl : public torch::nn::Module {
 public:
  explicit DiscriminatorsImpl(const AdversaryOptions& options);
  Judgement forward(const torch::Tensor& samples);  // [batch, samples]
  void set_bf16(bool on) { bf16_ = on; }            // convolutions in bfloat16

 private:
  struct Layer {
    int64_t merged;                       // bins (or samples) that become channels before the convolution
    int64_t dilation;                     // over frames; 0: the convolution is along the last dimension only
    torch::Tensor direction, gain, bias;  // weight = gain * direction / |direction|, for each output channel
  };
  struct Scale {
    int size;
    torch::Tensor window;
    std::vector<Layer> layers;
  };
  struct Period {
    int period;
    std::vector<Layer> layers;
  };
  Scale MakeScale(int size, int channels);
  Period MakePeriod(int period, int channels);
  void Judge(torch::Tensor x, const std::vector<Layer>& layers, Judgement& judgement) const;
  Layer MakeLayer(const std::string& name, int64_t in, int64_t out, int64_t merged, int64_t dilation);
  torch::Tensor Convolve(const Layer& layer, const torch::Tensor& x) const;

  std::vector<Scale> scales_;
  std::vector<Period> periods_;
  bool bf16_ = false;
};
TORCH_MODULE(Discriminators);

// Means over the places of each sample, then over samples and discriminators.
// Hinge loss of the discriminators: logits of recordings above 1, of decoded speech below -1 (Lim and Ye,
// arXiv 1705.02894).
torch::Tensor DiscriminatorLoss(const Judgement& recorded, const Judgement& decoded);
// And of the decoder: the logits of what it made are to rise.
torch::Tensor AdversarialLoss(const Judgement& decoded);
// L1 between activations, relative to those of the recording (Kumar et al., arXiv 1910.06711, as normalised
// by EnCodec).
torch::Tensor FeatureLoss(const Judgement& recorded, const Judgement& decoded);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_DISCRIMINATOR_H_
