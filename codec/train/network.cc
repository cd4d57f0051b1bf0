#include "codec/train/network.h"

#include <cmath>
#include <numbers>
#include <torch/nn/module.h>
#include <torch/utils.h>

#include "codec/train/block_op.h"
#include "codec/train/spectrum_op.h"

namespace quaver {
namespace {

using torch::indexing::None;
using torch::indexing::Slice;
using TorchTensor = torch::Tensor;

constexpr double kLayerScale = 0.2;
constexpr double kPowerFloor = 1e-6;
constexpr double kMaxMagnitude = 100;

// LibTorch names parameters with no dots.
std::string ParameterName(std::string name) {
  for (char& c : name) c = c == '.' ? '_' : c;
  return name;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

TorchTensor Initial(const TensorSpec& spec, const std::vector<int64_t>& matrix_shape) {
  if (EndsWith(spec.name, ".scale")) return torch::full(spec.shape, kLayerScale);
  if (EndsWith(spec.name, "norm.weight")) return torch::ones(spec.shape);
  if (EndsWith(spec.name, "norm.bias")) return torch::zeros(spec.shape);
  // As torch::nn::Linear: uniform within 1 / sqrt(inputs of one output).
  const bool depthwise = spec.name.find(".dw.") != std::string::npos;
  const int64_t inputs = depthwise ? matrix_shape[0] : matrix_shape[1] * matrix_shape[2];
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  return torch::empty(spec.shape).uniform_(-bound, bound);
}

bool OnOwnKernels(const TorchTensor& x) { return x.device().is_cpu() && x.scalar_type() == torch::kFloat; }

TorchTensor Widened(const TorchTensor& x) {
  return x.scalar_type() == torch::kBFloat16 ? x.to(torch::kFloat) : x;
}

TorchTensor HannWindow(const Config& config) {
  const auto n = torch::arange(config.window, torch::kDouble);
  return 0.5 - 0.5 * torch::cos(n * (2 * std::numbers::pi / config.window));
}

TorchTensor HannDft(const Config& config) {
  const auto n = torch::arange(config.window, torch::kDouble);
  const auto k = torch::arange(config.bins(), torch::kDouble);
  const auto angle = torch::outer(n, k).remainder(config.window) * (2 * std::numbers::pi / config.window);
  const auto dft = torch::cat({torch::cos(angle), -torch::sin(angle)}, 1);
  return (dft * HannWindow(config).unsqueeze(1)).to(torch::kFloat);
}

TorchTensor SynthesisWindow(const Config& config) {
  auto window = torch::ones({config.synthesis_window()}, torch::kDouble);
  const auto n = torch::arange(config.overlap, torch::kDouble);
  const auto rise = torch::sin((n + 0.5) * (std::numbers::pi / 2 / config.overlap)).square();
  window.index_put_({Slice(None, config.overlap)}, rise);
  window.index_put_({Slice(config.hop, None)}, rise.flip(0));
  return window;
}

TorchTensor InverseDft(const Config& config) {
  const int size = config.synthesis_window();
  const auto k = torch::arange(config.synthesis_bins(), torch::kDouble);
  const auto n = torch::arange(size, torch::kDouble);
  const auto angle = torch::outer(k, n).remainder(size) * (2 * std::numbers::pi / size);
  auto weight = torch::full({config.synthesis_bins(), 1}, 2.0 / size, torch::kDouble);
  weight[0] = 1.0 / size;
  weight[-1] = 1.0 / size;
  const auto inverse = torch::cat({torch::cos(angle) * weight, -torch::sin(angle) * weight}, 0);
  return (inverse * SynthesisWindow(config)).to(torch::kFloat);
}

}  // namespace

TorchNetworkImpl::TorchNetworkImpl(const Config& config) : config_(config), network_(BuildNetwork(config)) {
  std::vector<int64_t> matrix_shape;  // of the last weight: its bias shares the bound
  for (const TensorSpec& spec : ListTensors(config)) {
    if (spec.shape.size() > 1) matrix_shape = spec.shape;
    tensors_[spec.name] = register_parameter(ParameterName(spec.name), Initial(spec, matrix_shape));
  }
  const std::string& head = network_.decoder.back().name;
  torch::NoGradGuard no_grad;
  tensors_.at(head + ".bias")
      .index({Slice(None, config.synthesis_bins())})
      .fill_(-1);  // near the level of speech
  hann_ = HannWindow(config).to(torch::kFloat);
  fade_ = SynthesisWindow(config).to(torch::kFloat);
  dft_ = register_buffer("dft", HannDft(config));
  inverse_ = register_buffer("inverse", InverseDft(config));
}

TorchTensor TorchNetworkImpl::Encode(const TorchTensor& samples) {
  TorchTensor x = samples;
  for (const LayerSpec& layer : network_.encoder) x = Run(layer, x);
  return Widened(x);
}

TorchTensor TorchNetworkImpl::Decode(const TorchTensor& latents) {
  TorchTensor x = latents;
  for (const LayerSpec& layer : network_.decoder) x = Run(layer, x);
  return x;
}

TorchTensor TorchNetworkImpl::Run(const LayerSpec& layer, const TorchTensor& x) {
  switch (layer.kind) {
    case LayerKind::kStft:
      return Stft(x);
    case LayerKind::kConv:
      return Conv(layer, x);
    case LayerKind::kBlock:
      return Block(layer, x);
    case LayerKind::kUpsample:
      return Conv(layer, x).reshape({x.size(0), 2 * x.size(1), layer.out});
    case LayerKind::kIstft:
      return Istft(layer, x);
  }
  return x;
}

TorchTensor TorchNetworkImpl::Linear(const LayerSpec& layer, const std::string& part, const TorchTensor& x) {
  const TorchTensor& matrix = tensors_.at(layer.name + part + ".weight");
  const auto type = bf16_ ? torch::kBFloat16 : matrix.scalar_type();
  const TorchTensor weight = matrix.flatten(1).to(type);
  return torch::linear(x.to(type), weight, tensors_.at(layer.name + part + ".bias").to(type));
}

TorchTensor TorchNetworkImpl::Conv(const LayerSpec& layer, const TorchTensor& x) {
  if (layer.kernel == 1) return Linear(layer, "", x);
  const TorchTensor typed = bf16_ ? x.to(torch::kBFloat16) : x;
  const TorchTensor padded = torch::constant_pad_nd(typed, {0, 0, layer.kernel - layer.stride, 0});
  const int64_t last = x.size(1) - layer.stride;
  std::vector<TorchTensor> steps;  // of the kernel, oldest first
  for (int k = 0; k < layer.kernel; ++k) steps.push_back(padded.slice(1, k, k + last + 1, layer.stride));
  return Linear(layer, "", torch::cat(steps, -1));
}

TorchTensor TorchNetworkImpl::Block(const LayerSpec& layer, const TorchTensor& x) {
  const BlockParameters parameters = {
      Get(layer, ".dw.weight"),   Get(layer, ".dw.bias"),   Get(layer, ".norm.weight"),
      Get(layer, ".norm.bias"),   Get(layer, ".up.weight"), Get(layer, ".up.bias"),
      Get(layer, ".down.weight"), Get(layer, ".down.bias"), Get(layer, ".scale")};
  const TorchTensor in = Widened(x);
  return OnOwnKernels(in) ? FusedBlock(in, parameters, bf16_) : ComposedBlock(in, parameters, bf16_);
}

TorchTensor TorchNetworkImpl::Stft(const TorchTensor& samples) {
  if (OnOwnKernels(samples) && !samples.requires_grad())
    return StftFeatures(samples, hann_, config_.hop, kPowerFloor, bf16_);
  const TorchTensor padded = torch::constant_pad_nd(samples, {config_.window - config_.hop, 0});
  const TorchTensor spectrum = torch::matmul(padded.unfold(1, config_.window, config_.hop), dft_);
  const auto parts = spectrum.split(config_.bins(), -1);
  const TorchTensor log_power = (parts[0].square() + parts[1].square() + kPowerFloor).log();
  const TorchTensor gain = (log_power * -0.35).exp();
  return torch::cat({log_power / 4, parts[0] * gain, parts[1] * gain}, -1);
}

TorchTensor TorchNetworkImpl::Istft(const LayerSpec& layer, const TorchTensor& x) {
  const TorchTensor polar = Widened(Conv(layer, x));
  if (OnOwnKernels(polar)) return PolarSynthesis(polar, fade_, config_.hop, kMaxMagnitude);
  const auto parts = polar.split(config_.synthesis_bins(), -1);
  const TorchTensor magnitude = parts[0].exp().clamp_max(kMaxMagnitude);
  const TorchTensor spectrum = torch::cat({magnitude * parts[1].cos(), magnitude * parts[1].sin()}, -1);
  const TorchTensor segments = torch::matmul(spectrum, inverse_);  // [batch, hops, hop + overlap]
  const TorchTensor head = segments.slice(2, 0, config_.hop);
  // The tail of each segment is added to the start of the next.
  const TorchTensor tail =
      torch::constant_pad_nd(segments.slice(2, config_.hop), {0, config_.hop - config_.overlap, 1, -1});
  return (head + tail).flatten(1);
}

std::map<std::string, Tensor> ReadTensors(TorchNetworkImpl& network) {
  const auto parameters = network.named_parameters();
  std::map<std::string, Tensor> tensors;
  for (const TensorSpec& spec : ListTensors(network.config())) {
    const TorchTensor source =
        parameters[ParameterName(spec.name)].detach().cpu().to(torch::kFloat).contiguous();
    const float* values = source.const_data_ptr<float>();
    tensors[spec.name] = {spec.shape, std::vector<float>(values, values + source.numel())};
  }
  return tensors;
}

void LoadTensors(TorchNetworkImpl& network, const std::map<std::string, Tensor>& tensors) {
  torch::NoGradGuard no_grad;
  auto parameters = network.named_parameters();
  for (const TensorSpec& spec : ListTensors(network.config())) {
    const Tensor& source = tensors.at(spec.name);
    const auto values = torch::from_blob(const_cast<float*>(source.values.data()), source.shape);
    parameters[ParameterName(spec.name)].copy_(values);
  }
}

}  // namespace quaver
