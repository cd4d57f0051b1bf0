#include "codec/runtime/layers.h"

#include <string>
#include <vector>

#include "codec/runtime/buffer.h"
#include "codec/runtime/fourier.h"
#include "codec/runtime/kernels.h"

namespace quaver::internal {
namespace {

const float* Values(const Weights& weights, const std::string& name) {
  return weights.tensors.at(name).values.data();
}

// A vector of the weights file with zeros up to the padded size.
Buffer PaddedVector(const float* values, int size) {
  Buffer buffer(Padded(size));
  std::copy_n(values, size, buffer.data());
  return buffer;
}

// weight [out, kernel, in] -> rows of the product's input are kernel steps of `in_stride` floats. Outputs
// from `split` on move to the next multiple of kPad, so that both halves begin on a whole vector.
Matrix PackLinear(const Weights& weights, const std::string& name, int out, int kernel, int in, int split) {
  const float* weight = Values(weights, name + ".weight");
  const float* bias = Values(weights, name + ".bias");
  const int second = Padded(split) - split;
  Matrix matrix(kernel * Padded(in), out + (out > split ? second : 0));
  for (int o = 0; o < out; ++o) {
    const int column = o < split ? o : o + second;
    matrix.SetBias(column, bias[o]);
    for (int k = 0; k < kernel; ++k) {
      for (int i = 0; i < in; ++i) matrix.Set(k * Padded(in) + i, column, *weight++);
    }
  }
  return matrix;
}

// Input with the steps before it in front, in scratch: what a causal kernel slides over.
class History {
 public:
  History(int size) : size_(size) {}  // NOLINT: floats of the past
  int size() const { return size_; }
  const float* Join(const float* in, size_t count, float* state, float* scratch) const {
    std::copy_n(state, size_, scratch);
    std::copy_n(in, count, scratch + size_);
    std::copy_n(scratch + count, size_, state);
    return scratch;
  }

 private:
  int size_;
};

class StftLayer final : public Layer {
 public:
  explicit StftLayer(const Config& config)
      : Layer(config.hop, Padded(3 * config.bins()), config.window - config.hop),
        hop_(config.hop),
        bins_(config.bins()),
        stride_(Padded(bins_)),
        history_(config.window - config.hop),
        dft_(AnalysisMatrix(config)) {}

  size_t ScratchSize(int steps) const override {
    return history_.size() + static_cast<size_t>(steps) * (hop_ + 5 * stride_);
  }

  void Forward(const float* in, int steps, float* out, float* state, float* scratch) const override {
    const size_t samples = static_cast<size_t>(steps) * hop_;
    const float* joined = history_.Join(in, samples, state, scratch);
    const Rows spectrum{scratch + history_.size() + samples, 2 * stride_};
    const Rows features{spectrum.data + static_cast<size_t>(steps) * 2 * stride_, 3 * stride_};
    Product({dft_, {joined, hop_}, steps, spectrum});
    SpectrumFeatures(spectrum, stride_, steps, features);
    for (int t = 0; t < steps; ++t)
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
  ConvLayer(const LayerSpec& spec, const Weights& weights)
      : Layer(Padded(spec.in), Padded(spec.out), (spec.kernel - spec.stride) * Padded(spec.in),
              spec.kind == LayerKind::kUpsample ? 2 : 1, spec.stride),
        stride_(spec.stride),
        row_(Padded(spec.out) * (spec.kind == LayerKind::kUpsample ? 2 : 1)),
        history_(state_size()),
        matrix_(PackLinear(weights, spec.name, spec.out * (spec.kind == LayerKind::kUpsample ? 2 : 1),
                           spec.kernel, spec.in, spec.out)) {}

  size_t ScratchSize(int steps) const override {
    return history_.size() + static_cast<size_t>(steps) * in_stride();
  }

  void Forward(const float* in, int steps, float* out, float* state, float* scratch) const override {
    const float* x = in;
    if (history_.size() > 0) x = history_.Join(in, static_cast<size_t>(steps) * in_stride(), state, scratch);
    Product({matrix_, {x, stride_ * in_stride()}, steps / stride_, {out, row_}});
  }

 private:
  int stride_;
  int row_;
  History history_;
  Matrix matrix_;
};

class BlockLayer final : public Layer {
 public:
  BlockLayer(const LayerSpec& spec, const Weights& weights)
      : Layer(Padded(spec.in), Padded(spec.in), (spec.kernel - 1) * Padded(spec.in)),
        channels_(spec.in),
        kernel_(spec.kernel),
        hidden_(Padded(spec.hidden)),
        history_(state_size()),
        dw_weight_(static_cast<size_t>(spec.kernel) * Padded(spec.in)),
        dw_bias_(Vector(spec, weights, ".dw.bias")),
        norm_weight_(Vector(spec, weights, ".norm.weight")),
        norm_bias_(Vector(spec, weights, ".norm.bias")),
        mask_(Padded(spec.in)),
        scale_(Vector(spec, weights, ".scale")),
        up_(PackLinear(weights, spec.name + ".up", spec.hidden, 1, spec.in, spec.hidden)),
        down_(PackLinear(weights, spec.name + ".down", spec.in, 1, spec.hidden, spec.in)) {
    const float* dw = Values(weights, spec.name + ".dw.weight");
    for (int k = 0; k < kernel_; ++k)
      std::copy_n(dw + k * channels_, channels_, &dw_weight_[k * in_stride()]);
    std::fill_n(mask_.data(), channels_, 1.0f);
  }

  size_t ScratchSize(int steps) const override {
    return history_.size() + static_cast<size_t>(steps) * (2 * in_stride() + hidden_);
  }

  void Forward(const float* in, int steps, float* out, float* state, float* scratch) const override {
    const int stride = in_stride();
    const size_t count = static_cast<size_t>(steps) * stride;
    const float* joined = history_.Join(in, count, state, scratch);
    const Rows normal{scratch + history_.size() + count, stride};
    const Rows hidden{normal.data + count, hidden_};
    Depthwise(dw_weight_.data(), dw_bias_.data(), kernel_, {joined, stride}, steps, normal);
    LayerNorm(norm_weight_.data(), norm_bias_.data(), mask_.data(), channels_, steps, normal);
    Product({up_, normal, steps, hidden, After::kGelu});
    Product({down_, hidden, steps, {out, stride}, After::kResidual, {in, stride}, scale_.data()});
  }

 private:
  static Buffer Vector(const LayerSpec& spec, const Weights& weights, const char* suffix) {
    return PaddedVector(Values(weights, spec.name + suffix), spec.in);
  }

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
  IstftLayer(const LayerSpec& spec, const Weights& weights)
      : Layer(Padded(spec.in), weights.config.hop, weights.config.overlap),
        hop_(weights.config.hop),
        overlap_(weights.config.overlap),
        stride_(Padded(weights.config.synthesis_bins())),
        segment_(Padded(weights.config.synthesis_window())),
        head_(PackLinear(weights, spec.name, 2 * weights.config.synthesis_bins(), 1, spec.in,
                         weights.config.synthesis_bins())),
        inverse_(SynthesisMatrix(weights.config)) {}

  size_t ScratchSize(int steps) const override {
    return static_cast<size_t>(steps) * (2 * stride_ + segment_);
  }

  void Forward(const float* in, int steps, float* out, float* state, float* scratch) const override {
    const Rows spectrum{scratch, 2 * stride_};
    const Rows segments{scratch + static_cast<size_t>(steps) * 2 * stride_, segment_};
    Product({head_, {in, in_stride()}, steps, spectrum});
    PolarToSpectrum(stride_, steps, spectrum);
    Product({inverse_, spectrum, steps, segments});
    for (int t = 0; t < steps; ++t) {
      OverlapAdd(segments.data + static_cast<size_t>(t) * segment_, out + static_cast<size_t>(t) * hop_,
                 state);
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

std::unique_ptr<const Layer> MakeLayer(const LayerSpec& spec, const Weights& weights) {
  switch (spec.kind) {
    case LayerKind::kStft:
      return std::make_unique<StftLayer>(weights.config);
    case LayerKind::kConv:
    case LayerKind::kUpsample:
      return std::make_unique<ConvLayer>(spec, weights);
    case LayerKind::kBlock:
      return std::make_unique<BlockLayer>(spec, weights);
    case LayerKind::kIstft:
      return std::make_unique<IstftLayer>(spec, weights);
  }
  return nullptr;
}

Status CheckTensors(const Weights& weights) {
  for (const TensorSpec& spec : ListTensors(weights.config)) {
    const auto found = weights.tensors.find(spec.name);
    if (found == weights.tensors.end()) return Error{"weights: tensor \"" + spec.name + "\" is missing"};
    size_t count = 1;
    for (const int64_t size : spec.shape) count *= static_cast<size_t>(size);
    if (found->second.shape != spec.shape || found->second.values.size() != count) {
      return Error{"weights: tensor \"" + spec.name + "\" does not have the shape of the configuration"};
    }
  }
  return Status();
}

}  // namespace quaver::internal
