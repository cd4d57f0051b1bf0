// A-weighting (IEC 61672-1) as a filter before spectral losses, so that they count what the ear is sensitive
// to (Wright and Valimaki, Perceptual loss function for neural modelling of audio systems, ICASSP 2020).
#ifndef QUAVER_CODEC_TRAIN_A_WEIGHTING_H_
#define QUAVER_CODEC_TRAIN_A_WEIGHTING_H_

#include <torch/types.h>

namespace quaver {

// Gain of the curve at `hz`, 1 at 1 kHz.
double AWeight(double hz);
// Linear phase, [1, 1, 101], for torch::conv1d with a padding of 50. Within 1 dB of the curve from 200 Hz on;
// below, where the curve is steeper than so short a filter can be, it lets more through.
torch::Tensor AWeightingFilter(int sample_rate);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_A_WEIGHTING_H_
