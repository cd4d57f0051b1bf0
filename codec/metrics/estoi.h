// Extended short-time objective intelligibility.
// J. Jensen, C. H. Taal, "An Algorithm for Predicting the Intelligibility of Speech Masked by Modulated Noise
// Maskers", IEEE/ACM TASLP 24(11), 2016. Computed as the Python package pystoi 0.4 does (same resampling,
// frames, bands), less the noise at the level of rounding that it adds.
#ifndef QUAVER_CODEC_METRICS_ESTOI_H_
#define QUAVER_CODEC_METRICS_ESTOI_H_

#include <span>

#include "codec/status.h"

namespace quaver {

// Both at 16 kHz, aligned, of equal length; about -1 .. 1, 1 for equal clips. An error when the lengths
// differ, a sample is not finite, or fewer than 30 frames (0.4 s) remain once frames 40 dB below the loudest
// are dropped.
Result<double> Estoi(std::span<const float> reference, std::span<const float> decoded);

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_ESTOI_H_
