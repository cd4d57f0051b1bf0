// Scores of what a voice loses in a codec beside its spectrum: melody, voicing, the noise of its consonants,
// level. All at 16 kHz, mono.
#ifndef QUAVER_CODEC_METRICS_VOICE_SCORES_H_
#define QUAVER_CODEC_METRICS_VOICE_SCORES_H_

#include <optional>
#include <span>

#include "codec/metrics/pitch.h"
#include "codec/status.h"

namespace quaver {

struct VoiceScores {
  PitchDifference pitch;
  std::optional<double> frozen_noise;  // of the decoded sound (frozen_noise.h)
  std::optional<double> level_db;      // decoded less reference (LevelDifference)
};

// Over the common length of the clips, taken as aligned (AlignLag in scores.h). An error: a sample is not
// finite. Scores for which the clips have nothing (no unvoiced sound, say) are not set.
Result<VoiceScores> ScoreVoice(std::span<const float> reference, std::span<const float> decoded);

// Level of decoded sound less that of the reference in dB, the mean over pieces of 100 ms within 30 dB of the
// reference's loudest. None below 100 ms.
std::optional<double> LevelDifference(std::span<const float> reference, std::span<const float> decoded);

}  // namespace quaver

#endif  // QUAVER_CODEC_METRICS_VOICE_SCORES_H_
