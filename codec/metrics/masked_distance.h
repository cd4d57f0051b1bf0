// How far decoded sound is from the original, frame by frame, in what a listener can hear of it. This is what
// the encoder goes by when it spends time on choosing tokens (`--effort`).
//
// The idea: compare spectra in bands of the ear on a scale of decibels, as the log-mel distance does, but let
// no band count below the level at which the original itself, or quiet, masks what is there. So a codec is
// not asked to reproduce what nobody hears, and noise where the original is loud is not held against it.
#ifndef QUAVER_CODEC_METRICS_MASKED_DISTANCE_H_
#define QUAVER_CODEC_METRICS_MASKED_DISTANCE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "codec/metrics/loudness.h"
#include "codec/util/real_fft.h"

namespace quaver {

// The squared log-spectral distance, in dB^2: the mean over kBarkBands bands of
// (10 log10((decoded + m) / (original + m)))^2 with powers of the bands and their masking level m, which is
// the sum of the threshold in quiet (loudness.h) and of the original's powers, spread to their neighbours by
// -25 dB a Bark downwards and -10 dB a Bark upwards (as in Schroeder, Atal and Hall, JASA 66(6), 1979) and
// lowered by 14 dB. Two windows of 32 ms a frame, around its first and its third quarter. Nothing is aligned
// or equalised.
class MaskedDistance {
 public:
  MaskedDistance(int sample_rate, int frame);  // samples of a frame

  static constexpr size_t kWindows = 2;  // a frame

  // samples [frames * frame], finite. Their mean level is brought to 79 dB, but never by more than what
  // brings -50 dBFS there: silence is silent. Decoded sound gets the same gain.
  void SetReference(std::span<const float> samples);
  // decoded [frames * frame], finite -> the mean of the squares of each frame [frames].
  std::vector<double> Squares(std::span<const float> decoded);
  // The sum of the squares of the windows first .. last - 1 alone, of those that the reference has. decoded:
  // samples of the sound from `start` on, as far as these windows see it.
  double SumOfSquares(std::span<const float> decoded, size_t start, size_t first, size_t last);

 private:
  // Powers of the bands of windows of a sound that begins at `start` and is silent outside of `samples`:
  // [last - first, kBarkBands].
  std::span<const double> Powers(std::span<const float> samples, size_t start, size_t first, size_t last);
  void Mask(const double* clean, double* masked) const;
  double OfWindow(size_t window, const double* heard) const;

  struct Share {
    size_t bin, band;
    double share;
  };

  size_t frame_;
  std::vector<double> window_;
  internal::RealFft fft_;
  std::vector<Share> shares_;
  std::vector<double> threshold_;  // in quiet [bands]
  double gain_ = 0;
  std::vector<double> level_, masked_;     // of the reference, dB with what masks it, and power [windows, bands]
  std::vector<double> windowed_, powers_;  // scratch
};

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_MASKED_DISTANCE_H_
