// The `--run` of `quaver evaluate`: decoded speech out of a training run, before and without any export.
#ifndef QUAVER_APPS_EVALUATE_EVALUATE_RUN_H_
#define QUAVER_APPS_EVALUATE_EVALUATE_RUN_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/cli/console.h"
#include "codec/status.h"

namespace quaver {

struct RunToEvaluate {
  std::string run;         // folder
  bool best = false;       // the checkpoint with the best validation instead of the last
  int n_q = 0;             // groups; 0: all
  std::string bottleneck;  // JSON of a bottleneck to quantise by instead of the run's: one with levels, or
                           // of type vp, whose codebook is then fitted; empty: the run's
};

// Sends the clips of `references` (a file, or a folder) through the run's averaged network and writes WAVs of
// their names to `decoded` (a file, or a folder that is made). What is known of the run:
//   {"step":, "seconds": (of training), "parameters":, "bottleneck": {..}, "n_q":, "frame_rate":, "codes":,
//    "nominal_bps":, "entropy_bps":, "tokens": [{"count":, "usage":, "entropy_bits":,
//    "normalised_perplexity":} ..],
//    "loss": {"quantised": {"total":, "log_mel_db":, "convergence":, "waveform":}, "trained": {..}}}
// Losses are means over the clips, by length; "trained" is what they are when latents pass as in training.
// An error in a program without the trainer.
Result<nlohmann::json> DecodeByRun(const RunToEvaluate& what, const std::string& references,
                                   const std::string& decoded, Console& console);

}  // namespace quaver

#endif  // QUAVER_APPS_EVALUATE_EVALUATE_RUN_H_
