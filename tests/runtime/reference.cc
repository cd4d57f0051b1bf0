#include "tests/runtime/reference.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>

namespace quaver {
namespace {

constexpr double kPi = std::numbers::pi;
using Complex = std::complex<double>;

const std::vector<float>& Get(const Weights& weights, const std::string& layer, const char* tensor) {
  return weights.tensors.at(layer + tensor).values;
}

// weight [out, kernel, in]; x(k) is the input step under kernel step k.
template <typename Input>
std::vector<double> Linear(const Weights& weights, const std::string& name, size_t kernel, Input x) {
  const auto& weight = Get(weights, name, ".weight");
  const auto& bias = Get(weights, name, ".bias");
  const size_t in = weight.size() / bias.size() / kernel;
  std::vector<double> out(bias.begin(), bias.end());
  for (size_t o = 0; o < out.size(); ++o) {
    for (size_t k = 0; k < kernel; ++k) {
      const std::vector<double>* step = x(k);
      for (size_t i = 0; step != nullptr && i < in; ++i)
        out[o] += weight[(o * kernel + k) * in + i] * (*step)[i];
    }
  }
  return out;
}

std::vector<double> Linear(const Weights& weights, const std::string& name, const std::vector<double>& x) {
  return Linear(weights, name, 1, [&](size_t) { return &x; });
}

const std::vector<double>* At(const Signal& signal, int step) {
  return step < 0 ? nullptr : &signal[static_cast<size_t>(step)];
}

Signal Stft(const Config& config, const Signal& in) {
  Signal out;
  for (int end = config.hop; end <= static_cast<int>(in.size()); end += config.hop) {
    std::vector<double> row(static_cast<size_t>(3 * config.bins()));
    for (int k = 0; k < config.bins(); ++k) {
      Complex x = 0;
      for (int n = 0; n < config.window; ++n) {
        const int at = end - config.window + n;
        if (at < 0) continue;
        const double hann = 0.5 * (1 - std::cos(2 * kPi * n / config.window));
        x += hann * in[static_cast<size_t>(at)][0] * std::polar(1.0, -2 * kPi * k * n / config.window);
      }
      const double power = std::norm(x) + 1e-6;
      const auto bin = static_cast<size_t>(k);
      const auto bins = static_cast<size_t>(config.bins());
      row[bin] = std::log(power) / 4;
      row[bins + bin] = x.real() * std::pow(power, -0.35);
      row[2 * bins + bin] = x.imag() * std::pow(power, -0.35);
    }
    out.push_back(row);
  }
  return out;
}

Signal Conv(const LayerSpec& spec, const Weights& weights, const Signal& in) {
  Signal out;
  for (int t = 0; t < static_cast<int>(in.size()) / spec.stride; ++t) {
    const int first = t * spec.stride + spec.stride - spec.kernel;
    out.push_back(Linear(weights, spec.name, static_cast<size_t>(spec.kernel),
                         [&](size_t k) { return At(in, first + static_cast<int>(k)); }));
  }
  return out;
}

std::vector<double> Norm(const LayerSpec& spec, const Weights& weights, std::vector<double> x) {
  double mean = 0;
  double variance = 0;
  for (const double value : x) mean += value / static_cast<double>(x.size());
  for (const double value : x) variance += (value - mean) * (value - mean) / static_cast<double>(x.size());
  for (size_t c = 0; c < x.size(); ++c) {
    const double normal = (x[c] - mean) / std::sqrt(variance + 1e-5);
    x[c] = normal * Get(weights, spec.name, ".norm.weight")[c] + Get(weights, spec.name, ".norm.bias")[c];
  }
  return x;
}

double Gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x))); }

Signal Block(const LayerSpec& spec, const Weights& weights, const Signal& in) {
  const auto& dw = Get(weights, spec.name, ".dw.weight");
  const auto& bias = Get(weights, spec.name, ".dw.bias");
  const auto channels = static_cast<size_t>(spec.in);
  Signal out = in;
  for (int t = 0; t < static_cast<int>(in.size()); ++t) {
    std::vector<double> h(bias.begin(), bias.end());
    for (int k = 0; k < spec.kernel; ++k) {
      const auto* step = At(in, t + 1 - spec.kernel + k);
      for (size_t c = 0; step != nullptr && c < channels; ++c) {
        h[c] += dw[static_cast<size_t>(k) * channels + c] * (*step)[c];
      }
    }
    h = Linear(weights, spec.name + ".up", Norm(spec, weights, h));
    std::ranges::transform(h, h.begin(), Gelu);
    h = Linear(weights, spec.name + ".down", h);
    for (size_t c = 0; c < channels; ++c) {
      out[static_cast<size_t>(t)][c] += Get(weights, spec.name, ".scale")[c] * h[c];
    }
  }
  return out;
}

Signal Upsample(const LayerSpec& spec, const Weights& weights, const Signal& in) {
  Signal out;
  for (const auto& step : in) {
    const auto both = Linear(weights, spec.name, step);
    out.emplace_back(both.begin(), both.begin() + spec.out);
    out.emplace_back(both.begin() + spec.out, both.end());
  }
  return out;
}

// Rises over the overlap, falls over the last of it, the two adding up to 1.
double Window(const Config& config, int n) {
  const double rise = n < config.overlap ? std::sin(kPi / 2 * (n + 0.5) / config.overlap) : 1;
  const double fall = n >= config.hop ? std::cos(kPi / 2 * (n - config.hop + 0.5) / config.overlap) : 1;
  return rise * rise * fall * fall;
}

Signal Istft(const LayerSpec& spec, const Weights& weights, const Signal& in) {
  const Config& config = weights.config;
  const int size = config.synthesis_window();
  Signal out(in.size() * static_cast<size_t>(config.hop), std::vector<double>(1));
  for (size_t hop = 0; hop < in.size(); ++hop) {
    const auto polar = Linear(weights, spec.name, in[hop]);
    const auto bins = static_cast<size_t>(config.synthesis_bins());
    for (int n = 0; n < size; ++n) {
      const size_t at = hop * static_cast<size_t>(config.hop) + static_cast<size_t>(n);
      if (at >= out.size()) break;
      double y = 0;
      for (size_t k = 0; k < bins; ++k) {
        const Complex s = std::polar(std::min(std::exp(polar[k]), 100.0), polar[bins + k]);
        const Complex turn = std::polar(1.0, 2 * kPi * static_cast<double>(k) * n / size);
        const bool edge = k == 0 || k + 1 == bins;
        y += edge ? s.real() * turn.real() : 2 * (s * turn).real();
      }
      out[at][0] += Window(config, n) * y / size;
    }
  }
  return out;
}

}  // namespace

Signal ReferenceLayer(const LayerSpec& spec, const Weights& weights, const Signal& in) {
  switch (spec.kind) {
    case LayerKind::kStft:
      return Stft(weights.config, in);
    case LayerKind::kConv:
      return Conv(spec, weights, in);
    case LayerKind::kBlock:
      return Block(spec, weights, in);
    case LayerKind::kUpsample:
      return Upsample(spec, weights, in);
    case LayerKind::kIstft:
      return Istft(spec, weights, in);
  }
  return {};
}

Signal ReferenceNetwork(const std::vector<LayerSpec>& layers, const Weights& weights, Signal in) {
  for (const LayerSpec& layer : layers) in = ReferenceLayer(layer, weights, in);
  return in;
}

}  // namespace quaver
