// Mel spectrograms for looking at. Distances between clips are codec/metrics/scores.h.
#ifndef QUAVER_CODEC_TRAIN_LOG_SPECTROGRAM_H_
#define QUAVER_CODEC_TRAIN_LOG_SPECTROGRAM_H_

#include <cstddef>
#include <span>
#include <vector>

namespace quaver {

inline constexpr double kSpectrogramColumns = 125;  // a second

struct MelSpectrogram {
  size_t bands = 0;
  size_t columns = 0;
  double top_hz = 0;      // half the rate
  std::vector<float> db;  // [columns, bands], lowest band first; 0 dB: a sine of full scale
  double seconds() const { return static_cast<double>(columns) / kSpectrogramColumns; }
};

// Hann window of 32 ms, a column every 8 ms centred on its time, 96 bands equally spaced in mel (2595 log10(1
// + f / 700)), each the weighted mean of the power of its bins. rate in Hz, within 1000 .. 768000.
MelSpectrogram ComputeMelSpectrogram(std::span<const float> samples, int rate);

double HzToMel(double hz);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_SPECTROGRAM_H_
