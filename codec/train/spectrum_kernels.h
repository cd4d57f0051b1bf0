// Vector loops around the Fourier transforms of the trainer: of the losses (losses.h) and of the network's
// kStft and kIstft (codec/model/layers.h), for one signal of a batch. Complex numbers stand as pairs of
// floats. What is not finite stays so.
#ifndef QUAVER_CODEC_TRAIN_SPECTRUM_KERNELS_H_
#define QUAVER_CODEC_TRAIN_SPECTRUM_KERNELS_H_

#include <cstdint>
#include <vector>

namespace quaver::internal {

struct Framing {
  int64_t samples = 0;
  int64_t frames = 0;
  int64_t size = 0;
  int64_t hop = 0;
  int64_t before = 0;    // samples that the first frame reaches back
  bool reflect = false;  // what is beyond an end: mirrored there, or else zero
};

// frames [frames, size] = window * signal
void CutFrames(const Framing& framing, const float* signal, const float* window, float* frames);
// Its transpose: signal += window * frames, mirrored samples to where they came from.
void AddFrames(const Framing& framing, const float* frames, const float* window, float* signal);

// Filters of a mel spectrum, without their zeros: band b takes count[b] bins from first[b] on, with the
// weights from weights[offset[b]] on, which are followed by zeros up to a multiple of kMelPad.
constexpr int64_t kMelPad = 16;
struct MelBands {
  std::vector<int64_t> first;
  std::vector<int64_t> count;
  std::vector<int64_t> offset;
  std::vector<float> weights;
  int64_t bands() const { return static_cast<int64_t>(first.size()); }
};

// Floats of a row of magnitudes that MelBands can read past its bins.
inline int64_t PaddedBins(int64_t bins) { return (bins + kMelPad - 1) / kMelPad * kMelPad + kMelPad; }

struct SpectralSums {
  double log_mel = 0;  // of |log10 mel(output) - log10 mel(reference)|
  double error = 0;    // of squared differences of the magnitudes
  double norm = 0;     // of squared magnitudes of the reference
};

// Spectra [frames, bins] of reference and output -> magnitudes sqrt(|X|^2 + power_floor) [frames,
// PaddedBins(bins)] of both, and slopes [frames, bands]: of each |difference| above by mel(output).
SpectralSums CompareSpectra(int64_t frames, int64_t bins, const MelBands& mel, float power_floor,
                            float mel_floor, const float* reference, const float* output,
                            float* reference_magnitude, float* output_magnitude, float* slopes);

// Gradient of log_mel_weight * SpectralSums::log_mel + error_weight / 2 * SpectralSums::error by the frames
// of the output, before the inverse transform: what a complex-to-real transform without scaling turns into
// it.
void CompareSpectraBackward(int64_t frames, int64_t bins, const MelBands& mel, float log_mel_weight,
                            float error_weight, const float* output, const float* reference_magnitude,
                            const float* output_magnitude, const float* slopes, float* scratch,
                            float* gradient);

// spectra [frames, bins] -> features [frames, 3 * bins] of kStft; T as in block_kernels.h.
template <typename T>
void SpectrumFeatures(int64_t frames, int64_t bins, float power_floor, const float* spectra, T* features);

// Spectra [frames, bins] -> x (|x|^2 + power_floor)^exponent of the first `kept` bins, [frames, kept] complex.
void CompressSpectra(int64_t frames, int64_t bins, int64_t kept, float power_floor, float exponent,
                     const float* spectra, float* compressed);
// From gradients [frames, kept] of the above: those by the frames, before the inverse transform (as in
// CompareSpectraBackward), [frames, bins].
void CompressSpectraBackward(int64_t frames, int64_t bins, int64_t kept, float power_floor, float exponent,
                             const float* spectra, const float* gradient, float* out);

// log magnitudes and phases [frames, 2 * bins] -> `scale` times the spectra [frames, bins] of kIstft.
void PolarToSpectrum(int64_t frames, int64_t bins, float max_magnitude, float scale, const float* polar,
                     float* spectra);
// From the transform of the gradients of the frames (windowed), and what went in and came out above.
void PolarToSpectrumBackward(int64_t frames, int64_t bins, float max_magnitude, const float* polar,
                             const float* spectra, const float* gradient, float* gpolar);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_TRAIN_SPECTRUM_KERNELS_H_
