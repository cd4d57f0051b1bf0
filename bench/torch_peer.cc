#include "bench/torch_peer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <torch/types.h>
#include <torch/utils.h>

#include "bench/timing.h"
#include "codec/model/layers.h"
#include "codec/runtime/bottleneck.h"
#include "codec/train/depthwise.h"
#include "codec/train/network.h"

namespace quaver::bench {
namespace {

using TorchTensor = torch::Tensor;

TorchTensor Wrap(const float* samples, int64_t count) {
  return torch::from_blob(const_cast<float*>(samples), {1, count});
}

// Latents <-> tokens as the runtime has them.
class TokenStep {
 public:
  explicit TokenStep(const Weights& weights)
      : bottleneck_(internal::MakeBottleneck(weights.config.bottleneck, CodebookOf(weights), arena_)),
        latents_(weights.config.bottleneck.latents()) {}

  // latents [1, frames, latents] -> tokens [frames, n_q]
  void Quantise(const TorchTensor& latents, int n_q, uint16_t* tokens) const {
    const int64_t padding = bottleneck_->stride() - latents_;
    const TorchTensor padded = torch::constant_pad_nd(latents, {0, padding}).contiguous();
    bottleneck_->Quantise(padded.data_ptr<float>(), static_cast<int>(padded.size(1)), n_q, tokens);
  }

  TorchTensor Dequantise(const uint16_t* tokens, int frames, int n_q) const {
    TorchTensor padded = torch::empty({1, frames, bottleneck_->stride()});
    bottleneck_->Dequantise(tokens, frames, n_q, padded.data_ptr<float>());
    return padded.slice(2, 0, latents_);
  }

 private:
  static std::span<const float> CodebookOf(const Weights& weights) {
    const auto found = weights.tensors.find(kCodebook);
    return found == weights.tensors.end() ? std::span<const float>() : found->second.values;
  }

  internal::Arena arena_;
  std::unique_ptr<const internal::Bottleneck> bottleneck_;
  int latents_;
};

TorchNetwork MakeNetwork(const Weights& weights) {
  TorchNetwork network(weights.config);
  LoadTensors(*network, weights.tensors);
  network->eval();
  return network;
}

class TorchFile final : public Contender {
 public:
  TorchFile(const Weights& weights, int n_q, const Speech& speech)
      : network_(MakeNetwork(weights)),
        tokens_of_(weights),
        n_q_(n_q),
        speech_(speech),
        tokens_(speech.size() / kFrame * n_q) {}

  void Encode() override {
    const c10::InferenceMode inference;
    const auto latents = network_->Encode(Wrap(speech_.data(), static_cast<int64_t>(speech_.size())));
    tokens_of_.Quantise(latents, n_q_, tokens_.data());
  }
  void Decode() override {
    const c10::InferenceMode inference;
    const int frames = static_cast<int>(speech_.size() / kFrame);
    decoded_ = network_->Decode(tokens_of_.Dequantise(tokens_.data(), frames, n_q_));
  }
  size_t payload_bytes() const override { return 0; }
  std::span<const uint16_t> tokens() const override { return tokens_; }

 private:
  TorchNetwork network_;
  TokenStep tokens_of_;
  int n_q_;
  const Speech& speech_;
  std::vector<uint16_t> tokens_;
  TorchTensor decoded_;
};

// A causal step of the network: each layer sees its own last inputs and the new ones, so nothing is computed
// twice. The layers of codec/train/network.cc on the same operators; those pad with zeros where these join
// the history.
class TorchStream {
 public:
  explicit TorchStream(const Weights& weights) : config_(weights.config), network_(BuildNetwork(config_)) {
    for (const TensorSpec& spec : ListTensors(config_)) {
      const Tensor& source = weights.tensors.at(spec.name);
      const TorchTensor all = torch::from_blob(const_cast<float*>(source.values.data()), source.shape);
      tensors_[spec.name] = (spec.matrix ? all.flatten(1) : all).clone();
    }
    const auto buffers = MakeNetwork(weights)->named_buffers();
    dft_ = buffers["dft"];
    inverse_ = buffers["inverse"];
  }

  void Reset() { history_.clear(); }
  // samples [1, frame] -> latents [1, 1, latents]
  TorchTensor Encode(const TorchTensor& samples) { return Run(network_.encoder, samples); }
  // latents [1, 1, latents] -> samples [1, frame]
  TorchTensor Decode(const TorchTensor& latents) { return Run(network_.decoder, latents); }

 private:
  TorchTensor Run(const std::vector<LayerSpec>& layers, TorchTensor x) {
    for (const LayerSpec& layer : layers) x = RunLayer(layer, x);
    return x;
  }

  TorchTensor RunLayer(const LayerSpec& layer, const TorchTensor& x) {
    switch (layer.kind) {
      case LayerKind::kStft:
        return Stft(layer, x);
      case LayerKind::kConv:
        return Conv(layer, x);
      case LayerKind::kBlock:
        return Block(layer, x);
      case LayerKind::kUpsample:
        return Linear(layer.name, x).reshape({1, 2 * x.size(1), layer.out});
      case LayerKind::kIstft:
        return Istft(layer, x);
    }
    return x;
  }

  const TorchTensor& Get(const std::string& name) const { return tensors_.at(name); }

  TorchTensor Linear(const std::string& name, const TorchTensor& x) const {
    return torch::linear(x, Get(name + ".weight"), Get(name + ".bias"));
  }

  // The last `count` steps before x, then x, along dimension 1.
  TorchTensor Join(const std::string& name, int64_t count, const TorchTensor& x) {
    auto shape = x.sizes().vec();
    shape[1] = count;
    auto& history = history_.try_emplace(name, torch::zeros(shape)).first->second;
    const TorchTensor joined = torch::cat({history, x}, 1);
    history = joined.slice(1, x.size(1));
    return joined;
  }

  TorchTensor Conv(const LayerSpec& layer, const TorchTensor& x) {
    if (layer.kernel == 1) return Linear(layer.name, x);
    const TorchTensor joined = Join(layer.name, layer.kernel - layer.stride, x);
    const int64_t row = layer.in;  // rows lie behind each other, so a window of them is a view
    const TorchTensor windows = joined.as_strided({1, x.size(1) / layer.stride, layer.kernel * row},
                                                  {joined.numel(), layer.stride * row, 1});
    return Linear(layer.name, windows);
  }

  TorchTensor Block(const LayerSpec& layer, const TorchTensor& x) {
    const TorchTensor joined = Join(layer.name, layer.kernel - 1, x);
    TorchTensor h = DepthwiseConv(joined, Get(layer.name + ".dw.weight"), Get(layer.name + ".dw.bias"))
                        .slice(1, layer.kernel - 1);
    h = torch::layer_norm(h, {layer.in}, Get(layer.name + ".norm.weight"), Get(layer.name + ".norm.bias"));
    h = Linear(layer.name + ".down", torch::gelu(Linear(layer.name + ".up", h), "tanh"));
    return torch::addcmul(x, h, Get(layer.name + ".scale"));
  }

  TorchTensor Stft(const LayerSpec& layer, const TorchTensor& x) {
    const TorchTensor joined = Join(layer.name, config_.window - config_.hop, x);
    const TorchTensor spectrum = torch::matmul(joined.unfold(1, config_.window, config_.hop), dft_);
    const auto parts = spectrum.split(config_.bins(), -1);
    const TorchTensor log_power = (parts[0].square() + parts[1].square() + 1e-6).log();
    const TorchTensor gain = (log_power * -0.35).exp();
    return torch::cat({log_power / 4, parts[0] * gain, parts[1] * gain}, -1);
  }

  TorchTensor Istft(const LayerSpec& layer, const TorchTensor& x) {
    const auto parts = Linear(layer.name, x).split(config_.synthesis_bins(), -1);
    const TorchTensor magnitude = parts[0].exp().clamp_max(100);
    const TorchTensor spectrum = torch::cat({magnitude * parts[1].cos(), magnitude * parts[1].sin()}, -1);
    const TorchTensor segments = torch::matmul(spectrum, inverse_);  // [1, hops, hop + overlap]
    const TorchTensor tails = Join(layer.name, 1, segments.slice(2, config_.hop)).slice(1, 0, x.size(1));
    const TorchTensor head = segments.slice(2, 0, config_.hop);
    return (head + torch::constant_pad_nd(tails, {0, config_.hop - config_.overlap})).flatten(1);
  }

  Config config_;
  Network network_;
  std::map<std::string, TorchTensor> tensors_;
  std::map<std::string, TorchTensor> history_;  // by layer
  TorchTensor dft_;
  TorchTensor inverse_;
};

class TorchPackets final : public Contender {
 public:
  TorchPackets(const Weights& weights, int n_q, const Speech& speech)
      : stream_(weights),
        tokens_of_(weights),
        n_q_(n_q),
        speech_(speech),
        tokens_(speech.size() / kFrame * n_q) {}

  void Encode() override {
    const c10::InferenceMode inference;
    stream_.Reset();
    uint16_t* tokens = tokens_.data();
    for (size_t at = 0; at < speech_.size(); at += kFrame, tokens += n_q_) {
      tokens_of_.Quantise(stream_.Encode(Wrap(&speech_[at], kFrame)), n_q_, tokens);
    }
  }
  void Decode() override {
    const c10::InferenceMode inference;
    stream_.Reset();
    for (size_t at = 0; at < tokens_.size(); at += n_q_) {
      decoded_ = stream_.Decode(tokens_of_.Dequantise(&tokens_[at], 1, n_q_));
    }
  }
  size_t payload_bytes() const override { return 0; }
  std::span<const uint16_t> tokens() const override { return tokens_; }

 private:
  TorchStream stream_;
  TokenStep tokens_of_;
  int n_q_;
  const Speech& speech_;
  std::vector<uint16_t> tokens_;
  TorchTensor decoded_;
};

}  // namespace

std::vector<Entry> TorchContenders(const Weights& weights, int n_q, const Speech& speech) {
  at::set_num_threads(1);
  std::vector<Entry> entries;
  entries.push_back({"torch_packets", "LibTorch, same network, packets",
                     std::make_unique<TorchPackets>(weights, n_q, speech)});
  entries.push_back({"torch_file", "LibTorch, same network, whole file",
                     std::make_unique<TorchFile>(weights, n_q, speech)});
  return entries;
}

std::optional<double> TorchGemm(int size) {
  const c10::InferenceMode inference;
  at::set_num_threads(1);
  const TorchTensor a = torch::full({size, size}, 0.5f);
  const TorchTensor b = torch::full({size, size}, 0.25f);
  TorchTensor c = torch::empty({size, size});
  const double seconds = TimeOf([&] { torch::mm_out(c, a, b); });
  return static_cast<double>(size) * size * size / seconds;
}

}  // namespace quaver::bench
