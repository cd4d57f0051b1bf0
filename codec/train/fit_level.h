// The level of what a model decodes. A loss that compares spectra is smallest for a decoder that leaves out a
// little of what it cannot predict, so decoded speech comes out softer than its original, by about a decibel.
// The last layer of the decoder makes log magnitudes: a constant added to their biases is a gain, exactly,
// and costs nothing at run time.
#ifndef QUAVER_CODEC_TRAIN_FIT_LEVEL_H_
#define QUAVER_CODEC_TRAIN_FIT_LEVEL_H_

#include "codec/model/weights.h"
#include "codec/status.h"
#include "codec/train/data/dataset.h"
#include "codec/train/fit_entropy.h"

namespace quaver {

inline constexpr double kMostLevelDb = 6;  // a gain beyond it is none that fitting should hide

// Decodes a part of `data` at three rates and adds to the biases the gain that brings the mean of
// LevelDifference (codec/metrics/voice_scores.h) to 0. Returns the gain in dB, within -kMostLevelDb ..
// kMostLevelDb; 0 if the data has no sound.
Result<double> FitLevel(Weights& weights, const Dataset& data, const FitProgress& progress);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_FIT_LEVEL_H_
