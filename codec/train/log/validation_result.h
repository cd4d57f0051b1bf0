// What a validation found: without LibTorch, so that logs are read and shown without it too.
#ifndef QUAVER_CODEC_TRAIN_LOG_VALIDATION_RESULT_H_
#define QUAVER_CODEC_TRAIN_LOG_VALIDATION_RESULT_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "codec/metrics/token_stats.h"
#include "codec/status.h"

namespace quaver {

// Means over the clips, decoded with the first n_q tokens of each frame.
struct RateScores {
  int n_q = 0;
  double estoi = 0;       // at most 1, higher is better
  double log_mel_db = 0;  // distance, lower is better
  int clips = 0;          // 0: every clip was too short to be scored
  // codec/metrics/frozen_noise.h, over the clips that have enough unvoiced sound; none: no clip has, or the
  // log is of a version that did not look.
  std::optional<double> frozen_noise = std::nullopt;
};

// Which of two checkpoints sounds better, in dB, at most 0: minus the mean over the rates of
//   log_mel_db + kFrozenPenalty * (what |frozen_noise| has above kFrozenAllowed).
// The log-mel distance alone prefers the mean of all sounds that are likely, whose noise repeats and buzzes;
// hence the second term: 0 in natural speech, 2.5 dB for a buzz of .27. ESTOI has no part in it: a network
// can follow it at the price of such a buzz. Nor has what the discriminators find, for they change from one
// validation to the next, and could not compare the two. Rates without clips do not count; kUnscored if there
// is no other.
double ScoreOf(const std::vector<RateScores>& rates);
inline constexpr double kFrozenPenalty = 10;    // dB
inline constexpr double kFrozenAllowed = 0.02;  // what natural speech may have by chance
inline constexpr double kUnscored = -1000;      // worse than any network

struct DecodedClip {
  struct AtRate {
    int n_q = 0;
    std::vector<float> samples;
  };
  std::string name;              // of the file, without folders and extension
  std::vector<float> reference;  // the beginning of the clip, in -1 .. 1
  std::vector<AtRate> decoded;   // as long as the reference, aligned with it
};

struct ValidationResult {
  std::vector<RateScores> rates;     // rising n_q
  std::optional<RateScores> lossy;   // with frame_loss of the frames lost in bursts
  double frame_loss = 0;             // 0 .. 1
  std::vector<TokenStats> tokens;    // of each group, over all frames of the clips
  int codes = 0;                     // values that a token can take
  double score = kUnscored;          // ScoreOf(rates): which checkpoint is best
  double seconds = 0;                // that it took
  int sample_rate = 0;               // of `samples`
  std::vector<DecodedClip> samples;  // to be heard; not part of the JSON
};

// {"3": {"estoi":, "log_mel_db":, "frozen_noise":, "clips":}, "6": ..,
// "lossy": {"n_q":, "frame_loss":, "estoi":, ..}, "tokens": [{"usage":, "entropy_bits":,
// "normalised_perplexity":}, ..], "codes":, "score":, "seconds":}
nlohmann::ordered_json ToJson(const ValidationResult& result);
// The way back, less the samples. The score is computed anew: in logs of earlier versions it was the mean of
// ESTOI. What is not known is passed over; an error names the key.
Result<ValidationResult> ParseValidation(const nlohmann::ordered_json& json);
// For people, in one line: "ESTOI .742 at n_q 3, .840 at 6, .900 at 12, ..".
std::string Summary(const ValidationResult& result);

}  // namespace quaver

#endif  // QUAVER_CODEC_TRAIN_LOG_VALIDATION_RESULT_H_
