// Noise that repeats. A decoder that learnt the mean phase of noise makes every frame of a fricative alike:
// the sound gets lines at multiples of the frame rate and buzzes, which neither spectral distances nor
// intelligibility tell.
#ifndef QUAVER_CODEC_METRICS_FROZEN_NOISE_H_
#define QUAVER_CODEC_METRICS_FROZEN_NOISE_H_

#include <optional>
#include <span>

namespace quaver {

// The mean correlation (-1 .. 1) of 20 ms of unvoiced sound with the 20 ms that follow, in bands of 2 to 4
// and 4 to 6 kHz: 0 within .02 in natural speech, 1 if all frames are alike; buzz is heard from about .1 on.
// Counted are places at steps of 20 ms within 30 dB of the band's loudest and with no voiced frame of `pitch`
// in reach. None if there are fewer than five.
// decoded: finite, 16 kHz. pitch [frames]: TrackPitch() of the reference, aligned with it.
std::optional<double> FrozenNoise(std::span<const float> decoded, std::span<const double> pitch);

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_FROZEN_NOISE_H_
