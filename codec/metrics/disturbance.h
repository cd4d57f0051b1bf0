// How much a codec disturbs each frame of a sound, as the ear hears it.
#ifndef QUAVER_CODEC_METRICS_DISTURBANCE_H_
#define QUAVER_CODEC_METRICS_DISTURBANCE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "codec/metrics/loudness.h"
#include "codec/util/real_fft.h"

namespace quaver {

// What PESQ would take off its best score if all of a sound were like a frame (loudness.h: 0.1 d + 0.0309 da,
// about 0 .. 5), for one reference and what several settings of a codec made of it. Two windows of 32 ms a
// frame, around its first and its third quarter. Nothing is aligned or equalised.
class Disturbance {
 public:
  Disturbance(int sample_rate, int frame);  // samples of a frame

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
  double Loudness(double power, size_t band) const;
  double OfWindow(size_t window, const double* heard) const;

  struct Share {
    size_t bin, band;
    double share;
  };

  size_t frame_;
  std::vector<double> window_;
  internal::RealFft fft_;
  std::vector<Share> shares_;
  std::vector<double> threshold_, scale_;  // [bands]
  double gain_ = 0;
  std::vector<double> clean_, loud_clean_;  // of the reference [windows, kBarkBands]
  std::vector<double> windowed_, powers_;   // scratch
};

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_DISTURBANCE_H_
