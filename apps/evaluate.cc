// quaver evaluate: scores of decoded speech.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/clip_pairs.h"
#include "apps/command_line.h"
#include "apps/commands.h"
#include "apps/evaluate_run.h"
#include "apps/exit_codes.h"
#include "apps/progress.h"
#include "apps/read_clip.h"
#include "codec/metrics/scores.h"

namespace quaver {
namespace {

constexpr int kRate = 16000;  // Hz, of the scores

const CommandText kText = {
    "evaluate",
    "Compares decoded speech with its reference: ESTOI (at most 1, higher is better), log-mel distance in "
    "dB\n"
    "(lower is better) and SI-SDR in dB (higher is better). REF and DEC are two sound files, or two folders\n"
    "whose files are matched by name without the extension; then the mean is given as well. Everything is\n"
    "mixed down to mono and resampled to 16 kHz; the clips are taken as aligned unless --align is given.\n"
    "With --run, DEC is first written: what the network of a training run makes of REF, quantised as at\n"
    "inference. It works for every bottleneck, exported or not. With --json there are statistics of the "
    "tokens\n"
    "too, and the losses as at inference and as in training.",
    "REF DEC",
    "  quaver evaluate talk.wav heard.wav\n"
    "  quaver evaluate samples/ decoded/ --json\n"
    "  quaver evaluate samples/ decoded/ --run runs/first --json\n"};

Result<SpeechScores> ScoreFiles(const ClipFiles& files, bool align) {
  const auto reference = ReadClip(files.reference, kRate);
  if (!reference.ok()) return reference.error();
  const auto decoded = ReadClip(files.decoded, kRate);
  if (!decoded.ok()) return decoded.error();
  const int lag = align ? AlignLag(reference.value(), decoded.value()) : 0;
  const ClipPair pair = AtLag(reference.value(), decoded.value(), lag);
  const auto scores = Score(pair.reference, pair.decoded);
  if (!scores.ok()) return Error{files.reference + ", " + files.decoded + ": " + scores.message()};
  return scores;
}

void PrintTable(const std::vector<ClipFiles>& files, const std::vector<SpeechScores>& scores,
                const SpeechScores& mean) {
  std::printf("  ESTOI  log-mel dB  SI-SDR dB\n");
  const auto row = [](const SpeechScores& s, const char* name) {
    std::printf("%7.4f  %10.3f  %9.2f  %s\n", s.estoi, s.log_mel_db, s.si_sdr_db, name);
  };
  for (size_t i = 0; i < scores.size(); ++i) row(scores[i], files[i].decoded.c_str());
  if (scores.size() > 1) row(mean, "mean");
}

SpeechScores Mean(const std::vector<SpeechScores>& scores) {
  SpeechScores mean;
  const auto count = static_cast<double>(scores.size());
  for (const SpeechScores& s : scores) {
    mean.estoi += s.estoi / count;
    mean.log_mel_db += s.log_mel_db / count;
    mean.si_sdr_db += s.si_sdr_db / count;
  }
  return mean;
}

struct Scored {
  std::vector<ClipFiles> files;
  std::vector<SpeechScores> scores;  // of each
  int code = kExitOk;
};

Scored ScoreAll(const std::vector<ClipFiles>& clips, bool align, Console& console) {
  Scored scored;
  Progress progress(console, clips.size());
  for (size_t i = 0; i < clips.size(); ++i) {
    const auto scores = ScoreFiles(clips[i], align);
    if (scores.ok()) {
      scored.files.push_back(clips[i]);
      scored.scores.push_back(scores.value());
    } else {
      console.Error(scores.message());
      scored.code = kExitFailed;
    }
    progress.Update(i, 1, 0);
  }
  return scored;
}

}  // namespace

int RunEvaluate(int argc, char** argv) {
  CommandLine line(kText);
  bool json = false;
  bool align = false;
  RunToEvaluate by;
  line.options().add_options()                                                                    //
      ("json", "The mean as JSON", cxxopts::value(json))                                          //
      ("align", "Look for the lag of DEC, up to 60 ms, first", cxxopts::value(align))             //
      ("run", "Folder of a training run whose network writes DEC first", cxxopts::value(by.run))  //
      ("best", "With --run: the checkpoint with the best validation instead of the last",
       cxxopts::value(by.best))                                                     //
      ("n-q", "With --run: tokens a frame (default: all)", cxxopts::value(by.n_q))  //
      ("bottleneck",
       "With --run: quantise by this instead, JSON of a type with levels, for instance "
       "'{\"type\": \"fsp\", \"cdf\": \"tanh\", \"groups\": 1, \"levels\": [6, 6, 6, 6]}', or of type vp, "
       "whose "
       "codebook is fitted to the training data",
       cxxopts::value(by.bottleneck));
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().size() != 2) return line.UsageError("needs REF and DEC");
  const bool of_run = line.Has("best") || line.Has("n-q") || line.Has("bottleneck");
  if (of_run && !line.Has("run")) return line.UsageError("--best, --n-q and --bottleneck belong to --run");
  if (line.Has("n-q") && by.n_q < 1) return line.UsageError("--n-q must be at least 1");
  Console console("evaluate", false);
  nlohmann::json run;
  if (line.Has("run")) {
    auto decoded = DecodeByRun(by, line.positional()[0], line.positional()[1], console);
    if (!decoded.ok()) {
      console.Error(decoded.message());
      return kExitFailed;
    }
    run = std::move(decoded).value();
  }
  const auto pairing = PairClips(line.positional()[0], line.positional()[1]);
  if (!pairing.ok()) {
    console.Error(pairing.message());
    return kExitFailed;
  }
  for (const std::string& path : pairing.value().unmatched)
    console.Error(path + ": no decoded file, left out");
  Scored scored = ScoreAll(pairing.value().clips, align, console);
  if (!pairing.value().unmatched.empty()) scored.code = kExitFailed;
  if (scored.scores.empty()) return kExitFailed;
  const SpeechScores mean = Mean(scored.scores);
  if (json) {
    nlohmann::json facts = {{"clips", scored.scores.size()},
                            {"estoi", mean.estoi},
                            {"log_mel_db", mean.log_mel_db},
                            {"si_sdr_db", mean.si_sdr_db}};
    if (!run.is_null()) facts["run"] = run;
    std::printf("%s\n", facts.dump(2).c_str());
  } else {
    PrintTable(scored.files, scored.scores, mean);
  }
  return scored.code;
}

}  // namespace quaver
