#include "codec/runtime/layers.h"

#include <algorithm>
#include <string>
#include <vector>

#include "codec/runtime/buffer.h"
#include "codec/runtime/fourier.h"
#include "codec/runtime/kernels.h"
#include "codec/runtime/matrix.h"

namespace quaver::internal {
namespace {

// A vector of the weights file with zeros up to the padded size.
Buffer PaddedVector(const WeightsView& weights, const std::string& name) {
  const std::vector<float> values = Promote(weights.tensors.at(name));
  Buffer buffer(Padded(static_cast<int>(values.size())));
  std::copy(values.begin(), values.end(), buffer.data());
  return buffer;
}

// Input with the steps before it in front, in scratch: what a causal kernel slides over.
class History {
 public:
  explicit History(int size) : size_(static_cast<size_t>(size)) {}
  size_t size() const { return size_; }                        // floats of the past
  size_t Joined(size_t count) const { return size_ + count; }  // floats a stream
  // `in` holds `count` floats of each stream; gives [streams, Joined(count)].
  const float* Join(const float* in, size_t count, States states, float* scratch) const {
    for (int s = 0; s < states.count(); ++s) {
      float* joined = scratch + static_cast<size_t>(s) * Joined(count);
      std::copy_n(states[s], size_, joined);
      std::copy_n(in + static_cast<size_t>(s) * count, count, joined + size_);
      std::copy_n(joined + count, size_, states[s]);
    }
    return scratch;
  }

 private:
  size_t size_;
};

class StftLayer final : public Layer {
 public:
  StftLayer(const Config& config, Arena& arena)
      : Layer(config.hop, Padded(3 * config.bins()), config.window - config.hop),
        hop_(config.hop),
        bins_(config.bins()),
        stride_(Padded(bins_)),
        history_(config.window - config.hop),
        dft_(AnalysisMatrix(arena, config)) {}

  size_t ScratchSize(int streams, int steps) const override {
    const auto row = static_cast<size_t>(hop_ + 5 * stride_);
    return static_cast<size_t>(streams) * (history_.size() + static_cast<size_t>(steps) * row);
  }

  void Forward(const float* in, int steps, float* out, States states, float* scratch) const override {
    const int rows = states.count() * steps;
    const size_t samples = static_cast<size_t>(steps) * hop_;
    const size_t joined_size = history_.Joined(samples);
    const float* joined = history_.Join(in, samples, states, scratch);
    const Rows spectrum{scratch + static_cast<size_t>(states.count()) * joined_size, 2 * stride_};
    const Rows features{spectrum.data + static_cast<size_t>(rows) * 2 * stride_, 3 * stride_};
    Product({dft_, {{joined, hop_}, steps, joined_size}, rows, spectrum});
    SpectrumFeatures(spectrum, stride_, rows, features);
    for (int t = 0; t < rows; ++t)
      Compact(features.data + static_cast<size_t>(t) * 3 * stride_, out + Row(t));
  }

 private:
  size_t Row(int t) const { return static_cast<size_t>(t) * out_stride(); }

  void Compact(const float* features, float* out) const {
    for (int part = 0; part < 3; ++part) std::copy_n(features + part * stride_, bins_, out + part * bins_);
    std::fill(out + 3 * bins_, out + out_stride(), 0.0f);
  }

  int hop_;
  int bins_;
  int stride_;
  History history_;
  Matrix dft_;
};

// kConv, and kUpsample as a product whose rows are two steps long.
class ConvLayer final : public Layer {
 public:
  ConvLayer(const LayerSpec& spec, const WeightsView& weights, Arena& arena)
      : Layer(Padded(spec.in), Padded(spec.out), (spec.kernel - spec.stride) * Padded(spec.in),
              spec.kind == LayerKind::kUpsample ? 2 : 1, spec.stride),
        stride_(spec.stride),
        row_(Padded(spec.out) * (spec.kind == LayerKind::kUpsample ? 2 : 1)),
        history_(state_size()),
        matrix_(PackLinear(arena, weights, spec.name, spec.out * (spec.kind == LayerKind::kUpsample ? 2 : 1),
                           spec.kernel, spec.in, spec.out)) {}

  size_t ScratchSize(int streams, int steps) const override {
    return static_cast<size_t>(streams) * history_.Joined(static_cast<size_t>(steps) * in_stride());
  }

  void Forward(const float* in, int steps, float* out, States states, float* scratch) const override {
    const int rows = steps / stride_;  // of a stream
    const size_t count = static_cast<size_t>(steps) * in_stride();
    const float* x = history_.size() == 0 ? in : history_.Join(in, count, states, scratch);
    Product({matrix_,
             {{x, stride_ * in_stride()}, rows, history_.Joined(count)},
             states.count() * rows,
             {out, row_}});
  }

 private:
  int stride_;
  int row_;
  History history_;
  Matrix matrix_;
};

class BlockLayer final : public Layer {
 public:
  BlockLayer(const LayerSpec& spec, const WeightsView& weights, Arena& arena)
      : Layer(Padded(spec.in), Padded(spec.in), (spec.kernel - 1) * Padded(spec.in)),
        channels_(spec.in),
        kernel_(spec.kernel),
        hidden_(Padded(spec.hidden)),
        history_(state_size()),
        dw_weight_(static_cast<size_t>(spec.kernel) * Padded(spec.in)),
        dw_bias_(PaddedVector(weights, spec.name + ".dw.bias")),
        norm_weight_(PaddedVector(weights, spec.name + ".norm.weight")),
        norm_bias_(PaddedVector(weights, spec.name + ".norm.bias")),
        mask_(Padded(spec.in)),
        scale_(PaddedVector(weights, spec.name + ".scale")),
        up_(PackLinear(arena, weights, spec.name + ".up", spec.hidden, 1, spec.in, spec.hidden)),
        down_(PackLinear(arena, weights, spec.name + ".down", spec.in, 1, spec.hidden, spec.in)) {
    const std::vector<float> dw = Promote(weights.tensors.at(spec.name + ".dw.weight"));
    for (int k = 0; k < kernel_; ++k)
      std::copy_n(&dw[static_cast<size_t>(k) * channels_], channels_, &dw_weight_[k * in_stride()]);
    std::fill_n(mask_.data(), channels_, 1.0f);
  }

  size_t ScratchSize(int streams, int steps) const override {
    const auto row = static_cast<size_t>(2 * in_stride() + hidden_);
    return static_cast<size_t>(streams) * (history_.size() + static_cast<size_t>(steps) * row);
  }

  void Forward(const float* in, int steps, float* out, States states, float* scratch) const override {
    const int stride = in_stride();
    const int rows = states.count() * steps;
    const size_t count = static_cast<size_t>(steps) * stride;
    const size_t joined_size = history_.Joined(count);
    const float* joined = history_.Join(in, count, states, scratch);
    const Rows normal{scratch + static_cast<size_t>(states.count()) * joined_size, stride};
    const Rows hidden{normal.data + static_cast<size_t>(rows) * stride, hidden_};
    for (int s = 0; s < states.count(); ++s) {
      Depthwise(dw_weight_.data(), dw_bias_.data(), kernel_, {joined + s * joined_size, stride}, steps,
                {normal.data + s * count, stride});
    }
    LayerNorm(norm_weight_.data(), norm_bias_.data(), mask_.data(), channels_, rows, normal);
    Product({up_, normal, rows, hidden, After::kGelu});
    Product({down_, hidden, rows, {out, stride}, After::kResidual, {in, stride}, scale_.data()});
  }

 private:
  int channels_;
  int kernel_;
  int hidden_;
  History history_;
  Buffer dw_weight_;
  Buffer dw_bias_;
  Buffer norm_weight_;
  Buffer norm_bias_;
  Buffer mask_;
  Buffer scale_;
  Matrix up_;
  Matrix down_;
};

class IstftLayer final : public Layer {
 public:
  IstftLayer(const LayerSpec& spec, const WeightsView& weights, Arena& arena)
      : Layer(Padded(spec.in), weights.config.hop, weights.config.overlap),
        hop_(weights.config.hop),
        overlap_(weights.config.overlap),
        stride_(Padded(weights.config.synthesis_bins())),
        segment_(Padded(weights.config.synthesis_window())),
        head_(PackLinear(arena, weights, spec.name, 2 * weights.config.synthesis_bins(), 1, spec.in,
                         weights.config.synthesis_bins())),
        inverse_(SynthesisMatrix(arena, weights.config)) {}

  size_t ScratchSize(int streams, int steps) const override {
    return static_cast<size_t>(streams) * static_cast<size_t>(steps) * (2 * stride_ + segment_);
  }

  void Forward(const float* in, int steps, float* out, States states, float* scratch) const override {
    const int rows = states.count() * steps;
    const Rows spectrum{scratch, 2 * stride_};
    const Rows segments{scratch + static_cast<size_t>(rows) * 2 * stride_, segment_};
    Product({head_, ConstRows(in, in_stride()), rows, spectrum});
    PolarToSpectrum(stride_, rows, spectrum);
    Product({inverse_, spectrum, rows, segments});
    for (int t = 0; t < rows; ++t) {
      OverlapAdd(segments.data + static_cast<size_t>(t) * segment_, out + static_cast<size_t>(t) * hop_,
                 states[t / steps]);
    }
  }

 private:
  void OverlapAdd(const float* segment, float* out, float* tail) const {
    for (int n = 0; n < overlap_; ++n) out[n] = segment[n] + tail[n];
    std::copy(segment + overlap_, segment + hop_, out + overlap_);
    std::copy_n(segment + hop_, overlap_, tail);
  }

  int hop_;
  int overlap_;
  int stride_;
  int segment_;
  Matrix head_;
  Matrix inverse_;
};

}  // namespace

std::unique_ptr<const Layer> MakeLayer(const LayerSpec& spec, const WeightsView& weights, Arena& arena) {
  switch (spec.kind) {
    case LayerKind::kStft:
      return std::make_unique<StftLayer>(weights.config, arena);
    case LayerKind::kConv:
    case LayerKind::kUpsample:
      return std::make_unique<ConvLayer>(spec, weights, arena);
    case LayerKind::kBlock:
      return std::make_unique<BlockLayer>(spec, weights, arena);
    case LayerKind::kIstft:
      return std::make_unique<IstftLayer>(spec, weights, arena);
  }
  return nullptr;
}

}  // namespace quaver::internal
