// A zero-phase band-pass.
#ifndef QUAVER_CODEC_METRICS_BAND_PASS_H_
#define QUAVER_CODEC_METRICS_BAND_PASS_H_

#include <span>
#include <vector>

namespace quaver::internal {

// Butterworth's band-pass of 6th order (by the bilinear transform, -3 dB at `low` and `high` Hz), once forth
// and once back, of sound at 16 kHz that is silent before and after: what scipy.signal's
// butter(6, .., 'band') and sosfiltfilt do, but for the first and the last millisecond. Width from about
// 500 Hz on: what rings longer is cut off.
std::vector<double> BandPass(std::span<const float> samples, double low, double high);

}  // namespace quaver::internal

#endif  // QUAVER_CODEC_METRICS_BAND_PASS_H_
