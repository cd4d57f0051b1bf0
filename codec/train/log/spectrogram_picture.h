// Pictures of mel spectrograms.
#ifndef QUAVER_CODEC_TRAIN_LOG_SPECTROGRAM_PICTURE_H_
#define QUAVER_CODEC_TRAIN_LOG_SPECTROGRAM_PICTURE_H_

#include "codec/train/log/png.h"
#include "codec/train/log/spectrogram.h"

namespace quaver {

inline constexpr double kSpectrogramRange = 70;  // dB from the darkest to the brightest colour

// The loudest value, dB: what `top_db` of a reference and of what is compared with it should be.
double Loudest(const MelSpectrogram& spectrogram);

enum class Axes { kNone, kLabelled };

// Time to the right, a pixel a column; frequency upwards, two pixels a band; colours from `top_db` down. With
// axes: seconds below, hertz on the left.
Picture DrawSpectrogram(const MelSpectrogram& spectrogram, double top_db, Axes axes);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_SPECTROGRAM_PICTURE_H_
