#include "codec/train/discriminator.h"

#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "codec/train/feature_op.h"
#include "codec/train/spectrum_op.h"

namespace quaver {
namespace {

using torch::Tensor;

constexpr int64_t kKernel = 3;          // in each dimension of a convolution
constexpr double kSlope = 0.2;          // of leaky ReLU below 0
constexpr double kPowerFloor = 1e-6;    // of a bin, of a spectrum scaled to the rms of the windowed signal
constexpr double kCompression = -0.35;  // of the power: magnitude ^ 0.3
constexpr double kLevelFloor = 3e-3;    // rms below which a waveform counts as silence (-50 dBFS)
constexpr double kFeatureFloor = 1e-3;  // of the mean activation that a difference is compared with

// [batch, samples] -> compressed real and imaginary parts [batch, 2, frames, bins]; the bin at half the rate
// is left out, so that the number of bins is even. On the CPU in fp32 as one operation.
Tensor Spectrum(const Tensor& x, int size, const Tensor& window) {
  if (x.device().is_cpu() && x.scalar_type() == torch::kFloat)
    return CompressedSpectrum(x, window, kPowerFloor, kCompression);
  const Tensor spectrum =
      torch::view_as_real(torch::stft(x, size, size / 4, size, window, /*center=*/true, "reflect",
                                      /*normalized=*/false, /*onesided=*/true, /*return_complex=*/true))
          .slice(1, 0, size / 2)
          .transpose(1, 2);
  const Tensor gain = (spectrum.square().sum(-1, /*keepdim=*/true) + kPowerFloor).pow(kCompression);
  return (spectrum * gain).permute({0, 3, 1, 2});
}

// [batch, channels, frames, bins] -> [batch, count * channels, frames, bins / count]: bins that stand
// together become channels. With channels last it only reads the shape anew, and the convolution after it
// needs no stride, which oneDNN's backward pass is slow at.
Tensor MergeBins(const Tensor& x, int64_t count) {
  const Tensor last = x.permute({0, 2, 3, 1});
  return last.reshape({last.size(0), last.size(1), last.size(2) / count, count * last.size(3)})
      .permute({0, 3, 1, 2});
}

// [batch, samples] -> [batch, 1, period, samples / period], at a level of 1; zeros fill up to a multiple of
// `whole`.
Tensor Folded(const Tensor& x, int64_t period, int64_t whole) {
  const Tensor level = x.square().mean(-1, /*keepdim=*/true).sqrt().clamp_min(kLevelFloor);
  const int64_t rows = (x.size(1) + period * whole - 1) / (period * whole) * whole;
  return torch::constant_pad_nd(x / level, {0, rows * period - x.size(1)})
      .view({x.size(0), rows, period})
      .transpose(1, 2)
      .unsqueeze(1);
}

Activation Activate(const Tensor& x) {
  if (IsFeature(x)) return LeakyActivation(x, kSlope);
  const Tensor y = torch::leaky_relu(x, kSlope);
  return {y, y};
}

Tensor SampleMeans(const Tensor& x) { return x.to(torch::kFloat).flatten(1).mean(1); }

// Mean over the samples of the mean distance, relative to the recording's mean size.
Tensor Distance(const Tensor& recorded, const Tensor& decoded) {
  if (IsFeature(recorded) && IsFeature(decoded) && recorded.strides() == decoded.strides())
    return RelativeDistance(recorded, decoded, kFeatureFloor);
  const Tensor size = SampleMeans(recorded.abs()).clamp_min(kFeatureFloor);
  return (SampleMeans((decoded - recorded).abs()) / size).mean();
}

}  // namespace

DiscriminatorsImpl::DiscriminatorsImpl(const AdversaryOptions& options) {
  for (const int size : options.fft_sizes) scales_.push_back(MakeScale(size, options.channels));
  for (const int period : options.periods) periods_.push_back(MakePeriod(period, options.channels));
}

DiscriminatorsImpl::Scale DiscriminatorsImpl::MakeScale(int size, int channels) {
  const std::string name = "fft" + std::to_string(size);
  const Tensor window = torch::hann_window(size);
  Scale scale{size, register_buffer(name + "_window", window / window.square().sum().sqrt()), {}};
  const int64_t c = channels;
  scale.layers = {MakeLayer(name + "_0", 2, c, 4, 1), MakeLayer(name + "_1", c, 2 * c, 2, 1),
                  MakeLayer(name + "_2", 2 * c, 2 * c, 2, 2), MakeLayer(name + "_3", 2 * c, 2 * c, 1, 4),
                  MakeLayer(name + "_4", 2 * c, 1, 1, 1)};
  return scale;
}

DiscriminatorsImpl::Period DiscriminatorsImpl::MakePeriod(int period, int channels) {
  const std::string name = "period" + std::to_string(period);
  const int64_t c = channels;
  return {period,
          {MakeLayer(name + "_0", 1, c, 4, 0), MakeLayer(name + "_1", c, 2 * c, 4, 0),
           MakeLayer(name + "_2", 2 * c, 4 * c, 2, 0), MakeLayer(name + "_3", 4 * c, 4 * c, 1, 0),
           MakeLayer(name + "_4", 4 * c, 1, 1, 0)}};
}

DiscriminatorsImpl::Layer DiscriminatorsImpl::MakeLayer(const std::string& name, int64_t in, int64_t out,
                                                        int64_t merged, int64_t dilation) {
  const int64_t inputs = merged * in;
  const int64_t frames = dilation > 0 ? kKernel : 1;
  const double bound = std::sqrt(3.0 / static_cast<double>(inputs * frames * kKernel));  // keeps the variance
  const Tensor weight = torch::empty({out, inputs, frames, kKernel}).uniform_(-bound, bound);
  const Tensor norm = weight.flatten(1).norm(2, 1);
  Layer layer{merged, dilation, register_parameter(name + "_direction", weight),
              register_parameter(name + "_gain", norm),
              register_parameter(name + "_bias", torch::zeros({out}))};
  return layer;
}

Tensor DiscriminatorsImpl::Convolve(const Layer& layer, const Tensor& x) const {
  const Tensor scale = layer.gain / layer.direction.flatten(1).norm(2, 1);
  const auto type = bf16_ ? torch::kBFloat16 : torch::kFloat;
  const Tensor weight =
      (layer.direction * scale.view({-1, 1, 1, 1})).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  const Tensor input = layer.merged > 1 ? MergeBins(x, layer.merged) : x;
  return torch::conv2d(input, weight, layer.bias.to(type), /*stride=*/1, /*padding=*/{layer.dilation, 1},
                       /*dilation=*/{std::max<int64_t>(1, layer.dilation), 1});
}

void DiscriminatorsImpl::Judge(Tensor x, const std::vector<Layer>& layers, Judgement& judgement) const {
  x = x.to(bf16_ ? torch::kBFloat16 : torch::kFloat, false, false, torch::MemoryFormat::ChannelsLast);
  for (size_t i = 0; i + 1 < layers.size(); ++i) {
    const Activation activation = Activate(Convolve(layers[i], x));
    judgement.features.push_back(activation.feature);
    x = activation.next;
  }
  judgement.logits.push_back(Convolve(layers.back(), x).to(torch::kFloat));
}

Judgement DiscriminatorsImpl::forward(const Tensor& samples) {
  Judgement judgement;
  for (const Scale& scale : scales_)
    Judge(Spectrum(samples, scale.size, scale.window), scale.layers, judgement);
  for (const Period& period : periods_) {
    int64_t whole = 1;
    for (const Layer& layer : period.layers) whole *= layer.merged;
    Judge(Folded(samples, period.period, whole), period.layers, judgement);
  }
  return judgement;
}

Tensor DiscriminatorLoss(const Judgement& recorded, const Judgement& decoded) {
  Tensor loss;
  for (size_t k = 0; k < recorded.logits.size(); ++k) {
    const Tensor part =
        torch::relu(1 - recorded.logits[k]).mean() + torch::relu(1 + decoded.logits[k]).mean();
    loss = loss.defined() ? loss + part : part;
  }
  return loss / static_cast<double>(recorded.logits.size());
}

Tensor AdversarialLoss(const Judgement& decoded) {
  Tensor loss;
  for (const Tensor& logits : decoded.logits) loss = loss.defined() ? loss - logits.mean() : -logits.mean();
  return loss / static_cast<double>(decoded.logits.size());
}

Tensor FeatureLoss(const Judgement& recorded, const Judgement& decoded) {
  Tensor loss;
  for (size_t k = 0; k < recorded.features.size(); ++k) {
    const Tensor part = Distance(recorded.features[k].detach(), decoded.features[k]);
    loss = loss.defined() ? loss + part : part;
  }
  return loss / static_cast<double>(recorded.features.size());
}

}  // namespace quaver
