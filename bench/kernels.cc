// The kernels of the runtime by themselves, at the sizes of the default network (Google Benchmark).
#include "codec/runtime/kernels.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/fma_peak.h"
#include "codec/model/config.h"
#include "codec/model/half.h"
#include "codec/model/layers.h"
#include "codec/runtime/arena.h"
#include "codec/runtime/bottleneck.h"
#include "codec/runtime/buffer.h"
#include "codec/runtime/matrix.h"

namespace quaver::bench {
namespace {

using internal::After;
using internal::Buffer;
using internal::Matrix;
using internal::Padded;
using internal::ProductCall;

double Peak() {
  static const double peak = FmaPeak();
  return peak;
}

// Small numbers, neither all the same nor denormal.
float Value(size_t i) { return static_cast<float>(i * 2654435761U % 1000) / 1000.0f - 0.5f; }

Buffer Filled(size_t size) {
  Buffer buffer(size);
  for (size_t i = 0; i < size; ++i) buffer[i] = Value(i);
  return buffer;
}

// Uniform in -1 .. 1 and without a pattern.
Buffer Spread(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  Buffer buffer(size);
  for (size_t i = 0; i < size; ++i) buffer[i] = static_cast<float>(random()) * 0x1p-31f - 1.0f;
  return buffer;
}

struct Shape {
  std::string name;
  int inputs;
  int outputs;
  After after;
  Matrix::Type type = internal::PromotesHalves() ? Matrix::Type::kHalf : Matrix::Type::kFloat;
};

template <typename T, typename Convert>
void Fill(const Matrix& matrix, size_t from, Convert convert) {
  T* values = matrix.Panel<T>(0);
  const size_t size = matrix.PanelSize() * static_cast<size_t>(matrix.outputs() / internal::kPad);
  for (size_t i = 0; i < size; ++i) values[i] = convert(Value(from + i));
}

// Weights come from the third-level cache, as in a packet: a product goes round matrices that together are
// as large as the network's.
std::vector<Matrix> Matrices(internal::Arena& arena, const Shape& shape) {
  constexpr size_t kWeights = 6'500'000;
  const size_t one = static_cast<size_t>(shape.inputs) * Padded(shape.outputs);
  std::vector<Matrix> matrices;
  for (size_t done = 0; done < kWeights; done += one) {
    matrices.emplace_back(arena, shape.inputs, shape.outputs, shape.type);
    if (shape.type == Matrix::Type::kHalf) Fill<uint16_t>(matrices.back(), done, FloatToHalf);
    if (shape.type == Matrix::Type::kFloat) Fill<float>(matrices.back(), done, [](float x) { return x; });
  }
  return matrices;
}

void CountMacs(benchmark::State& state, double macs) {
  const double all = macs * static_cast<double>(state.iterations());
  state.counters["MAC/s"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
  state.counters["of_peak"] = benchmark::Counter(all / Peak(), benchmark::Counter::kIsRate);
}

void RunProduct(benchmark::State& state, const Shape& shape) {
  const int rows = static_cast<int>(state.range(0));
  internal::Arena arena;
  const auto matrices = Matrices(arena, shape);
  const int outputs = Padded(shape.outputs);
  const Buffer x = Filled(static_cast<size_t>(rows) * shape.inputs);
  const Buffer residual = Filled(static_cast<size_t>(rows) * outputs);
  const Buffer scale = Filled(outputs);
  Buffer y(static_cast<size_t>(rows) * outputs);
  size_t next = 0;
  for (auto _ : state) {
    internal::Product({matrices[next],
                       internal::ConstRows(x.data(), shape.inputs),
                       rows,
                       {y.data(), outputs},
                       shape.after,
                       {residual.data(), outputs},
                       scale.data()});
    benchmark::ClobberMemory();
    next = (next + 1) % matrices.size();
  }
  CountMacs(state, static_cast<double>(rows) * shape.inputs * shape.outputs);
}

void RunDepthwise(benchmark::State& state, int channels, int kernel) {
  const int rows = static_cast<int>(state.range(0));
  const Buffer x = Filled(static_cast<size_t>(rows + kernel - 1) * channels);
  const Buffer weights = Filled(static_cast<size_t>(kernel) * channels);
  const Buffer bias = Filled(channels);
  Buffer y(static_cast<size_t>(rows) * channels);
  for (auto _ : state) {
    internal::Depthwise(weights.data(), bias.data(), kernel, {x.data(), channels}, rows,
                        {y.data(), channels});
    benchmark::ClobberMemory();
  }
  CountMacs(state, static_cast<double>(rows) * channels * kernel);
}

void CountValues(benchmark::State& state, double values) {
  state.SetItemsProcessed(static_cast<int64_t>(values * static_cast<double>(state.iterations())));
}

void RunLayerNorm(benchmark::State& state, int channels) {
  const int rows = static_cast<int>(state.range(0));
  const Buffer weight = Filled(channels);
  Buffer mask(channels);
  std::fill_n(mask.data(), channels, 1.0f);
  Buffer x = Filled(static_cast<size_t>(rows) * channels);
  for (auto _ : state) {
    internal::LayerNorm(weight.data(), weight.data(), mask.data(), channels, rows, {x.data(), channels});
    benchmark::ClobberMemory();
  }
  CountValues(state, static_cast<double>(rows) * channels);
}

void RunFeatures(benchmark::State& state, int bins) {
  const int rows = static_cast<int>(state.range(0));
  const Buffer spectrum = Filled(static_cast<size_t>(rows) * 2 * bins);
  Buffer features(static_cast<size_t>(rows) * 3 * bins);
  for (auto _ : state) {
    internal::SpectrumFeatures({spectrum.data(), 2 * bins}, bins, rows, {features.data(), 3 * bins});
    benchmark::ClobberMemory();
  }
  CountValues(state, static_cast<double>(rows) * bins);
}

void RunPolar(benchmark::State& state, int bins) {
  const int rows = static_cast<int>(state.range(0));
  const size_t size = static_cast<size_t>(rows) * 2 * bins;
  const Buffer polar = Filled(size);
  Buffer x(size);
  for (auto _ : state) {
    std::copy_n(polar.data(), size, x.data());  // it works in place; the copy is small beside it
    internal::PolarToSpectrum(bins, rows, {x.data(), 2 * bins});
    benchmark::ClobberMemory();
  }
  CountValues(state, static_cast<double>(rows) * bins);
}

void RunSquash(benchmark::State& state, int size) {
  const Buffer a = Filled(size);
  Buffer z(size);
  for (auto _ : state) {
    internal::SquashTanh(a.data(), size, z.data());
    benchmark::ClobberMemory();
  }
  CountValues(state, size);
}

// VP: the nearest code for every group of a frame; the codebooks come from the second-level cache, as in a
// packet.
void RunNearest(benchmark::State& state, BottleneckConfig config) {
  config.type = "vp";
  const int rows = static_cast<int>(state.range(0));
  const Buffer codebook = Spread(static_cast<size_t>(config.latents()) * config.codes(), 1);
  internal::Arena arena;
  const auto bottleneck = internal::MakeBottleneck(config, {codebook.data(), codebook.size()}, arena);
  constexpr int kAhead = 1024;  // rows in all: as many that the processor cannot learn them by heart
  Buffer latents = Spread(static_cast<size_t>(kAhead) * bottleneck->stride(), 2);
  std::vector<uint16_t> tokens(static_cast<size_t>(rows) * config.groups);
  int next = 0;
  for (auto _ : state) {
    bottleneck->Quantise(&latents[static_cast<size_t>(next) * bottleneck->stride()], rows, config.groups,
                         tokens.data());
    benchmark::ClobberMemory();
    next = next + 2 * rows > kAhead ? 0 : next + rows;
  }
  CountMacs(state, static_cast<double>(rows) * config.latents() * config.codes());
}

// The matrix products of a layer; inputs are padded as the layer pads them.
std::vector<Shape> ProductsOf(const LayerSpec& layer, const Config& config) {
  switch (layer.kind) {
    case LayerKind::kStft:
      return {{"dft", config.window, 2 * Padded(config.bins()), After::kNothing, Matrix::Type::kFloat}};
    case LayerKind::kConv:
      return {{"conv", layer.kernel * Padded(layer.in), layer.out, After::kNothing}};
    case LayerKind::kBlock:
      return {{"up_gelu", Padded(layer.in), layer.hidden, After::kGelu},
              {"up_bare", Padded(layer.in), layer.hidden, After::kNothing},
              {"down_residual", Padded(layer.hidden), layer.out, After::kResidual}};
    case LayerKind::kUpsample:
      return {{"upsample", Padded(layer.in), 2 * layer.out, After::kNothing}};
    case LayerKind::kIstft:
      return {{"head", Padded(layer.in), 2 * Padded(config.synthesis_bins()), After::kNothing},
              {"inverse_dft", 2 * Padded(config.synthesis_bins()), config.synthesis_window(), After::kNothing,
               Matrix::Type::kFloat}};
  }
  return {};
}

template <typename Function>
void Register(const std::string& name, const Function& function) {
  auto* added = benchmark::RegisterBenchmark(name.c_str(), function);
  added->ArgName("rows")->Arg(1)->Arg(2)->Arg(8)->Arg(56);
}

void RegisterProducts(const std::vector<LayerSpec>& layers, const Config& config) {
  std::vector<std::string> seen;
  for (const LayerSpec& layer : layers) {
    for (const Shape& shape : ProductsOf(layer, config)) {
      const std::string name =
          "product/" + shape.name + "/" + std::to_string(shape.inputs) + "x" + std::to_string(shape.outputs);
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
      seen.push_back(name);
      Register(name, [shape](benchmark::State& state) { RunProduct(state, shape); });
    }
  }
}

void RegisterOthers(const Config& config) {
  for (const int channels : {config.encoder_hops.channels, config.decoder_frames.channels}) {
    const std::string size = std::string("/").append(std::to_string(channels));
    const int kernel = config.block_kernel;
    Register("depthwise" + size, [=](benchmark::State& state) { RunDepthwise(state, channels, kernel); });
    Register("layer_norm" + size, [=](benchmark::State& state) { RunLayerNorm(state, channels); });
  }
  const int bins = Padded(config.bins());
  Register("features", [bins](benchmark::State& state) { RunFeatures(state, bins); });
  const int synthesis = Padded(config.synthesis_bins());
  Register("polar", [synthesis](benchmark::State& state) { RunPolar(state, synthesis); });
  Register("nearest/18x1024x4", [=](benchmark::State& state) { RunNearest(state, config.bottleneck); });
  const int latents = Padded(72);  // of a frame of the default model: 18 groups of 4
  benchmark::RegisterBenchmark("squash", [](benchmark::State& s) { RunSquash(s, latents); });
}

}  // namespace
}  // namespace quaver::bench

int main(int argc, char** argv) {
  using namespace quaver::bench;  // NOLINT(google-build-using-namespace): this file's own
  quaver::Config config;          // whose sizes are those of the default network
  config.bottleneck.groups = 18;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::printf("Kernels: %s. FMA peak of this core: %.1f GMAC/s; of_peak is the share of it.\n",
              quaver::internal::ChooseTarget(), Peak() / 1e9);
  const quaver::Network network = quaver::BuildNetwork(config);
  RegisterProducts(network.encoder, config);
  RegisterProducts(network.decoder, config);
  RegisterOthers(config);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
