#include "codec/train/losses.h"

#include <algorithm>
#include <cmath>

namespace quaver {
namespace {

using torch::Tensor;

constexpr double kPowerFloor = 1e-9;
constexpr double kMelFloor = 1e-3;    // magnitude, of a spectrum scaled to the rms of the windowed signal
constexpr double kLevelFloor = 3e-3;  // rms below which a crop counts as silence (-50 dBFS)

// Triangular filters on the HTK mel scale, each scaled to sum to one.
Tensor MelFilters(int size, int sample_rate, int bands) {
  const auto mel = [](double hz) { return 2595 * std::log10(1 + hz / 700); };
  const auto hz = [](double m) { return 700 * (std::pow(10, m / 2595) - 1); };
  const int bins = size / 2 + 1;
  const double top = mel(sample_rate / 2.0);
  auto filters = torch::zeros({bins, bands});
  auto access = filters.accessor<float, 2>();
  for (int b = 0; b < bands; ++b) {
    const double low = hz(top * b / (bands + 1));
    const double peak = hz(top * (b + 1) / (bands + 1));
    const double high = hz(top * (b + 2) / (bands + 1));
    for (int k = 0; k < bins; ++k) {
      const double f = static_cast<double>(k) * sample_rate / size;
      access[k][b] =
          static_cast<float>(std::max(0.0, std::min((f - low) / (peak - low), (high - f) / (high - peak))));
    }
  }
  return filters / filters.sum(0, true).clamp_min(1e-6);
}

// Bands as fine as the bins allow: below some number of bands per FFT size the lowest filters would be empty.
int Bands(int size) { return std::clamp(size / 12, 20, 100); }

// [batch, samples] -> magnitudes [batch, frames, bins]
Tensor Magnitudes(const Tensor& x, const SpectralOptions& options) {
  const int64_t size = options.size;
  const Tensor spectrum = torch::stft(x, size, size / 4, size, options.window.to(x.scalar_type()),
                                      /*center=*/true, "reflect", /*normalized=*/false, /*onesided=*/true,
                                      /*return_complex=*/true);
  const Tensor parts = torch::view_as_real(spectrum);
  return (parts.square().sum(-1) + kPowerFloor).sqrt().transpose(1, 2);
}

LossTerms Mean(LossTerms terms, size_t scales) {
  terms.log_mel = terms.log_mel / static_cast<double>(scales);
  terms.convergence = terms.convergence / static_cast<double>(scales);
  return terms;
}

}  // namespace

ReconstructionLoss::ReconstructionLoss(const LossOptions& options, int sample_rate, torch::Device device) {
  for (const int size : options.fft_sizes) {
    const Tensor window = torch::hann_window(size, torch::TensorOptions().device(device));
    const Tensor scaled = window / window.square().sum().sqrt();
    const Tensor filters = MelFilters(size, sample_rate, Bands(size));
    SpectralOptions spectral{size, scaled, nullptr, kPowerFloor, kMelFloor, kLevelFloor};
    spectral.mel = std::make_shared<internal::MelBands>(SparseFilters(filters));
    scales_.push_back({spectral, filters.to(device)});
  }
}

LossTerms ReconstructionLoss::Others(const Tensor& reference, const Tensor& output) const {
  const Tensor level = reference.square().mean(-1).sqrt().clamp_min(kLevelFloor);  // [batch]
  const Tensor none = torch::zeros({}, output.options());
  LossTerms terms;
  terms.log_mel = none;
  terms.convergence = none;
  terms.waveform = ((output - reference).abs().mean(-1) / level).mean();
  return terms;
}

LossTerms ReconstructionLoss::operator()(const Tensor& reference, const Tensor& output) const {
  if (!output.device().is_cpu() || output.scalar_type() != torch::kFloat) return Composed(reference, output);
  LossTerms terms = Others(reference, output);
  for (const Scale& scale : scales_) {
    const SpectralTerms spectral = CompareSpectrograms(reference, output, scale.spectral);
    terms.log_mel = terms.log_mel + spectral.log_mel;
    terms.convergence = terms.convergence + spectral.convergence;
  }
  return Mean(terms, scales_.size());
}

LossTerms ReconstructionLoss::Composed(const Tensor& reference, const Tensor& output) const {
  LossTerms terms = Others(reference, output);
  for (const Scale& scale : scales_) {
    const Tensor a = Magnitudes(reference, scale.spectral);
    const Tensor b = Magnitudes(output, scale.spectral);
    const Tensor mel = scale.mel.to(output.scalar_type());
    const Tensor mel_a = (torch::matmul(a, mel) + kMelFloor).log10();
    const Tensor mel_b = (torch::matmul(b, mel) + kMelFloor).log10();
    terms.log_mel = terms.log_mel + (mel_a - mel_b).abs().mean();
    const Tensor error = (a - b).square().sum({1, 2}).sqrt();
    const Tensor norm = a.square().sum({1, 2}).sqrt();
    const Tensor floor =
        norm.new_full({}, kLevelFloor * std::sqrt(static_cast<double>(a.size(1) * a.size(2))));
    terms.convergence = terms.convergence + (error / torch::maximum(norm, floor)).mean();
  }
  return Mean(terms, scales_.size());
}

}  // namespace quaver
