// Objective scores of decoded speech against its reference. All at 16 kHz, mono.
#ifndef QUAVER_CODEC_METRICS_SCORES_H_
#define QUAVER_CODEC_METRICS_SCORES_H_

#include <span>

#include "codec/status.h"

namespace quaver {

struct SpeechScores {
  double estoi = 0;       // higher is better, at most 1
  double log_mel_db = 0;  // mean absolute difference, lower is better
  double si_sdr_db = 0;   // higher is better
};

// All three over the common length of the clips, taken as aligned (see AlignLag). Errors: a clip too short
// for ESTOI (about 0.5 s with speech in it), samples that are not finite.
Result<SpeechScores> Score(std::span<const float> reference, std::span<const float> decoded);

// Mean absolute difference in dB of log-mel spectra over the common length: Hann window of 1024, hop 256, 80
// bands 0 .. 8000 Hz (mel = 2595 log10(1 + f / 700)), power floored at 1e-6. An error below 1025 samples.
Result<double> LogMelDistance(std::span<const float> reference, std::span<const float> decoded);

// Scale-invariant signal-to-distortion ratio in dB over the common length (Le Roux et al., "SDR - half-baked
// or well done?", ICASSP 2019). Bounded: energies of less than 1e-9 count as that.
double SiSdr(std::span<const float> reference, std::span<const float> decoded);

// The lag in samples by which `decoded` comes after `reference`: -64 .. 959 (60 ms), the one with the largest
// normalised correlation; 0 when there is none. Constant memory.
int AlignLag(std::span<const float> reference, std::span<const float> decoded);

struct ClipPair {
  std::span<const float> reference;
  std::span<const float> decoded;
};
// The parts of both clips that face each other under `lag`, of equal length.
ClipPair AtLag(std::span<const float> reference, std::span<const float> decoded, int lag);

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_SCORES_H_
