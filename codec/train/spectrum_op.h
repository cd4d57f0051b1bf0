// Fourier transforms of the trainer on the CPU with what stands around them, each as one operation: with
// spectrum_kernels.h and LibTorch's FFT. fp32. Values and gradients do not depend on the number of threads.
#ifndef QUAVER_CODEC_TRAIN_SPECTRUM_OP_H_
#define QUAVER_CODEC_TRAIN_SPECTRUM_OP_H_

#include <memory>
#include <torch/types.h>

#include "codec/train/spectrum_kernels.h"

namespace quaver {

// kStft of codec/model/layers.h: samples [batch, steps * hop], window [size] -> [batch, steps, 3 * bins], in
// bfloat16 if asked for. Has no gradient.
torch::Tensor StftFeatures(const torch::Tensor& samples, const torch::Tensor& window, int64_t hop,
                           double power_floor, bool bf16);

// kIstft behind its linear map: log magnitudes and phases [batch, steps, 2 * bins], synthesis window [size]
// -> samples [batch, steps * hop]. size is even and at least hop.
torch::Tensor PolarSynthesis(const torch::Tensor& polar, const torch::Tensor& window, int64_t hop,
                             double max_magnitude);

// What the nonzero parts of filters [bins, bands] are.
internal::MelBands SparseFilters(const torch::Tensor& filters);

struct SpectralOptions {
  int64_t size = 0;      // of the transform; the hop is a quarter of it, frames are centred
  torch::Tensor window;  // [size]
  std::shared_ptr<const internal::MelBands> mel;
  double power_floor = 0;
  double mel_floor = 0;
  double level_floor = 0;  // of the reference's root mean square magnitude
};

struct SpectralTerms {
  torch::Tensor log_mel;      // mean |log10 mel(output) - log10 mel(reference)|
  torch::Tensor convergence;  // mean over the batch of |S - S'| / |S|
};

// Waveforms [batch, samples]; the gradient goes to the output alone.
SpectralTerms CompareSpectrograms(const torch::Tensor& reference, const torch::Tensor& output,
                                  const SpectralOptions& options);

// Waveforms [batch, samples], window [size] -> spectra of centred frames, size / 4 apart, x (|x|^2 +
// power_floor)^exponent: real and imaginary parts [batch, 2, 1 + samples / (size / 4), size / 2], channels
// last. The bin at half the rate is left out.
torch::Tensor CompressedSpectrum(const torch::Tensor& samples, const torch::Tensor& window,
                                 double power_floor, double exponent);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_SPECTRUM_OP_H_
