#include "codec/train/spectrum_op.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace quaver {
namespace {

using internal::Framing;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

template <typename Function>
void ForItems(int64_t batch, const Function& function) {
  at::parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) function(b);
  });
}

const float* Complex(const Tensor& x) { return static_cast<const float*>(x.const_data_ptr()); }
float* Complex(Tensor& x) { return static_cast<float*>(x.data_ptr()); }

// signal [batch, samples] -> spectra [batch * frames, bins] of its windowed frames
Tensor Transform(const Tensor& signal, const Framing& framing, const Tensor& window) {
  const int64_t batch = signal.size(0);
  Tensor frames = torch::empty({batch * framing.frames, framing.size}, signal.options());
  const float* in = signal.const_data_ptr<float>();
  float* out = frames.data_ptr<float>();
  ForItems(batch, [&](int64_t b) {
    internal::CutFrames(framing, in + b * framing.samples, window.const_data_ptr<float>(),
                        out + b * framing.frames * framing.size);
  });
  return at::_fft_r2c(frames, {1}, /*normalization=*/0, /*onesided=*/true).contiguous();
}

// spectra [batch * frames, bins] -> signal [batch, samples], windowed frames added up
Tensor TransformBack(const Tensor& spectra, const Framing& framing, const Tensor& window) {
  const int64_t batch = spectra.size(0) / framing.frames;
  const Tensor frames =
      at::_fft_c2r(spectra, {1}, /*normalization=*/0, /*last_dim_size=*/framing.size).contiguous();
  Tensor signal = torch::zeros({batch, framing.samples}, frames.options());
  const float* in = frames.const_data_ptr<float>();
  float* out = signal.data_ptr<float>();
  ForItems(batch, [&](int64_t b) {
    internal::AddFrames(framing, in + b * framing.frames * framing.size, window.const_data_ptr<float>(),
                        out + b * framing.samples);
  });
  return signal;
}

Framing SynthesisFraming(int64_t steps, int64_t hop, int64_t size) {
  return {steps * hop, steps, size, hop, /*before=*/0, /*reflect=*/false};
}

struct PolarFunction : torch::autograd::Function<PolarFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& polar, const Tensor& window, int64_t hop,
                        double max_magnitude) {
    const int64_t batch = polar.size(0);
    const int64_t steps = polar.size(1);
    const int64_t bins = polar.size(2) / 2;
    const int64_t size = window.size(0);
    Tensor spectra = torch::empty({batch * steps, bins}, polar.options().dtype(torch::kComplexFloat));
    float* out = Complex(spectra);
    ForItems(batch, [&](int64_t b) {
      internal::PolarToSpectrum(
          steps, bins, static_cast<float>(max_magnitude), 1.0f / static_cast<float>(size),
          polar.const_data_ptr<float>() + 2 * b * steps * bins, out + 2 * b * steps * bins);
    });
    context->saved_data["hop"] = hop;
    context->saved_data["max_magnitude"] = max_magnitude;
    context->save_for_backward({polar, spectra, window});
    return TransformBack(spectra, SynthesisFraming(steps, hop, size), window);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor& polar = saved[0];
    const Tensor& spectra = saved[1];
    const Tensor& window = saved[2];
    const int64_t steps = polar.size(1);
    const int64_t bins = polar.size(2) / 2;
    const auto framing = SynthesisFraming(steps, context->saved_data["hop"].toInt(), window.size(0));
    const Tensor gradient = Transform(gradients[0].contiguous(), framing, window);
    Tensor gpolar = torch::empty_like(polar);
    float* out = gpolar.data_ptr<float>();
    ForItems(polar.size(0), [&](int64_t b) {
      const int64_t at = 2 * b * steps * bins;
      internal::PolarToSpectrumBackward(
          steps, bins, static_cast<float>(context->saved_data["max_magnitude"].toDouble()),
          polar.const_data_ptr<float>() + at, Complex(spectra) + at, Complex(gradient) + at, out + at);
    });
    return {gpolar, Variable(), Variable(), Variable()};
  }
};

Framing LossFraming(int64_t samples, int64_t size) {
  return {samples, 1 + samples / (size / 4), size, size / 4, /*before=*/size / 2, /*reflect=*/true};
}

// What an operation keeps for its backward pass must be a tensor, a number or such a capsule.
struct KeptBands : torch::CustomClassHolder {
  explicit KeptBands(std::shared_ptr<const internal::MelBands> bands) : mel(std::move(bands)) {}
  const std::shared_ptr<const internal::MelBands> mel;
};

struct CompareFunction : torch::autograd::Function<CompareFunction> {
  static tensor_list forward(AutogradContext* context, const Tensor& output, const Tensor& reference,
                             const SpectralOptions& options) {
    const int64_t batch = output.size(0);
    const Framing framing = LossFraming(output.size(1), options.size);
    const int64_t frames = framing.frames;
    const int64_t bins = options.size / 2 + 1;
    const int64_t stride = internal::PaddedBins(bins);
    const int64_t bands = options.mel->bands();
    const Tensor a = Transform(reference, framing, options.window);
    const Tensor b = Transform(output, framing, options.window);
    Tensor magnitude_a = torch::empty({batch * frames, stride}, output.options());
    Tensor magnitude_b = torch::empty({batch * frames, stride}, output.options());
    Tensor slopes = torch::empty({batch * frames, bands}, output.options());
    std::vector<internal::SpectralSums> sums(static_cast<size_t>(batch));
    ForItems(batch, [&](int64_t i) {
      sums[static_cast<size_t>(i)] = internal::CompareSpectra(
          frames, bins, *options.mel, static_cast<float>(options.power_floor),
          static_cast<float>(options.mel_floor), Complex(a) + 2 * i * frames * bins,
          Complex(b) + 2 * i * frames * bins, magnitude_a.data_ptr<float>() + i * frames * stride,
          magnitude_b.data_ptr<float>() + i * frames * stride, slopes.data_ptr<float>() + i * frames * bands);
    });
    double log_mel = 0;
    double convergence = 0;
    std::vector<double> weights;  // of the gradient of each item's squared error, halved
    const double floor = options.level_floor * std::sqrt(static_cast<double>(frames * bins));
    for (const auto& sum : sums) {
      const double error = std::sqrt(sum.error);
      // Not std::max, which would swallow what is not a number.
      const double norm = sum.norm < floor * floor ? floor : std::sqrt(sum.norm);
      log_mel += sum.log_mel / static_cast<double>(batch * frames * bands);
      convergence += error / norm / static_cast<double>(batch);
      weights.push_back(error == 0 ? 0 : 1 / (error * norm * static_cast<double>(batch)));
    }
    context->saved_data["weights"] = weights;
    context->saved_data["size"] = options.size;
    context->saved_data["samples"] = framing.samples;
    context->saved_data["mel"] = c10::IValue::make_capsule(c10::make_intrusive<KeptBands>(options.mel));
    context->save_for_backward({b, magnitude_a, magnitude_b, slopes, options.window});
    return {torch::scalar_tensor(log_mel, output.options()),
            torch::scalar_tensor(convergence, output.options())};
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Framing framing =
        LossFraming(context->saved_data["samples"].toInt(), context->saved_data["size"].toInt());
    const auto weights = context->saved_data["weights"].toDoubleVector();
    const auto kept = context->saved_data["mel"].toCapsule();
    const auto& mel = static_cast<const KeptBands&>(*kept).mel;
    const int64_t batch = static_cast<int64_t>(weights.size());
    const int64_t frames = framing.frames;
    const int64_t bins = framing.size / 2 + 1;
    const int64_t stride = internal::PaddedBins(bins);
    const int64_t bands = mel->bands();
    const double log_mel = gradients[0].item<double>() / static_cast<double>(batch * frames * bands);
    const double convergence = gradients[1].item<double>();
    Tensor spectra = torch::empty_like(saved[0]);
    float* out = Complex(spectra);
    ForItems(batch, [&](int64_t i) {
      std::vector<float> scratch(static_cast<size_t>(stride));
      internal::CompareSpectraBackward(
          frames, bins, *mel, static_cast<float>(log_mel),
          static_cast<float>(convergence * weights[static_cast<size_t>(i)]),
          Complex(saved[0]) + 2 * i * frames * bins, saved[1].const_data_ptr<float>() + i * frames * stride,
          saved[2].const_data_ptr<float>() + i * frames * stride,
          saved[3].const_data_ptr<float>() + i * frames * bands, scratch.data(), out + 2 * i * frames * bins);
    });
    return {TransformBack(spectra, framing, saved[4]), Variable(), Variable()};
  }
};

struct CompressFunction : torch::autograd::Function<CompressFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& samples, const Tensor& window,
                        double power_floor, double exponent) {
    const int64_t batch = samples.size(0);
    const Framing framing = LossFraming(samples.size(1), window.size(0));
    const int64_t frames = framing.frames;
    const int64_t bins = framing.size / 2 + 1;
    const Tensor spectra = Transform(samples, framing, window);
    Tensor out = torch::empty({batch, frames, bins - 1, 2}, samples.options());
    ForItems(batch, [&](int64_t i) {
      internal::CompressSpectra(frames, bins, bins - 1, static_cast<float>(power_floor),
                                static_cast<float>(exponent), Complex(spectra) + 2 * i * frames * bins,
                                out.data_ptr<float>() + 2 * i * frames * (bins - 1));
    });
    context->saved_data["power_floor"] = power_floor;
    context->saved_data["exponent"] = exponent;
    context->saved_data["samples"] = samples.size(1);
    context->save_for_backward({spectra, window});
    return out;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Framing framing = LossFraming(context->saved_data["samples"].toInt(), saved[1].size(0));
    const int64_t frames = framing.frames;
    const int64_t bins = framing.size / 2 + 1;
    const Tensor gradient = gradients[0].contiguous();
    Tensor spectra = torch::empty_like(saved[0]);
    float* out = Complex(spectra);
    ForItems(gradient.size(0), [&](int64_t i) {
      internal::CompressSpectraBackward(
          frames, bins, bins - 1, static_cast<float>(context->saved_data["power_floor"].toDouble()),
          static_cast<float>(context->saved_data["exponent"].toDouble()),
          Complex(saved[0]) + 2 * i * frames * bins,
          gradient.const_data_ptr<float>() + 2 * i * frames * (bins - 1), out + 2 * i * frames * bins);
    });
    return {TransformBack(spectra, framing, saved[1]), Variable(), Variable(), Variable()};
  }
};

}  // namespace

Tensor StftFeatures(const Tensor& samples, const Tensor& window, int64_t hop, double power_floor, bool bf16) {
  torch::NoGradGuard no_grad;
  const int64_t batch = samples.size(0);
  const int64_t size = window.size(0);
  const int64_t steps = samples.size(1) / hop;
  const int64_t bins = size / 2 + 1;
  const Framing framing = {samples.size(1), steps, size, hop, /*before=*/size - hop, /*reflect=*/false};
  const Tensor spectra = Transform(samples.contiguous(), framing, window);
  Tensor features = torch::empty({batch, steps, 3 * bins},
                                 samples.options().dtype(bf16 ? torch::kBFloat16 : torch::kFloat));
  const auto run = [&](auto* out) {
    ForItems(batch, [&](int64_t b) {
      internal::SpectrumFeatures(steps, bins, static_cast<float>(power_floor),
                                 Complex(spectra) + 2 * b * steps * bins, out + 3 * b * steps * bins);
    });
  };
  if (bf16) {
    run(static_cast<uint16_t*>(features.data_ptr()));
  } else {
    run(features.data_ptr<float>());
  }
  return features;
}

Tensor PolarSynthesis(const Tensor& polar, const Tensor& window, int64_t hop, double max_magnitude) {
  return PolarFunction::apply(polar.contiguous(), window, hop, max_magnitude);
}

internal::MelBands SparseFilters(const Tensor& filters) {
  internal::MelBands mel;
  const Tensor dense = filters.t().contiguous();
  for (int64_t band = 0; band < dense.size(0); ++band) {
    const float* weights = dense.const_data_ptr<float>() + band * dense.size(1);
    int64_t first = 0;
    int64_t end = dense.size(1);
    while (first < end && weights[first] == 0) ++first;
    while (end > first && weights[end - 1] == 0) --end;
    mel.first.push_back(first);
    mel.count.push_back(end - first);
    mel.offset.push_back(static_cast<int64_t>(mel.weights.size()));
    mel.weights.insert(mel.weights.end(), weights + first, weights + end);
    while (mel.weights.size() % internal::kMelPad != 0) mel.weights.push_back(0);
  }
  return mel;
}

SpectralTerms CompareSpectrograms(const Tensor& reference, const Tensor& output,
                                  const SpectralOptions& options) {
  const auto terms = CompareFunction::apply(output.contiguous(), reference.detach().contiguous(), options);
  return {terms[0], terms[1]};
}

Tensor CompressedSpectrum(const Tensor& samples, const Tensor& window, double power_floor, double exponent) {
  return CompressFunction::apply(samples.contiguous(), window, power_floor, exponent).permute({0, 3, 1, 2});
}

}  // namespace quaver
