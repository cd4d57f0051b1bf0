// quaver evaluate: scores of decoded speech.
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "apps/commands.h"
#include "apps/evaluate/clip_pairs.h"
#include "apps/evaluate/evaluate_run.h"
#include "apps/cli/read_clip.h"
#include "codec/metrics/scores.h"
#include "codec/metrics/voice_scores.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr int kRate = 16000;                         // Hz, of the scores
constexpr size_t kMaxLengthDifference = kRate / 10;  // samples: as much as an encoder's delay may leave

const CommandText kText = {
    "evaluate",
    "Compares decoded speech with its reference. REF and DEC are two sound files, or two folders\n"
    "whose files are matched by name without the extension; then the means over the clips are printed\n"
    "too. Everything is mixed down to mono and resampled to 16 kHz. Clips are assumed to be aligned\n"
    "unless --align is given. Lengths that differ by more than 100 ms are an error unless\n"
    "--allow-length-difference is given.\n"
    "\n"
    "  ESTOI         intelligibility, at most 1, higher is better\n"
    "  log-mel dB    mean difference of the log-mel spectra, lower is better\n"
    "  SI-SDR dB     signal-to-distortion ratio at the best gain, higher is better\n"
    "  pitch cents   median difference in pitch where both are voiced (1200 cents are an octave)\n"
    "  gross %       of these frames, those whose pitch is off by more than 20 %\n"
    "  voicing %     frames that are voiced in one of the two alone\n"
    "  frozen        how much the noise of DEC repeats from one 20 ms to the next where REF is "
    "unvoiced:\n"
    "                0 in natural speech, 1 if every frame is alike; a buzz is heard from about 0.1 on\n"
    "  level dB      level of DEC above that of REF\n"
    "\n"
    "A clip without voiced sound has no pitch, and one without unvoiced sound has no frozen noise:\n"
    "these show \"-\" (null in JSON) and do not count in that mean. Pitch is tracked from 60 to 500\n"
    "Hz by Praat's autocorrelation method, in steps of 10 ms.\n"
    "\n"
    "With --run, DEC is written first: REF decoded by the network of a training run, quantised as at\n"
    "inference. This works for every bottleneck, also for those that cannot be exported. With --json\n"
    "it also prints statistics of the tokens and the losses at inference and in training.",
    "REF DEC",
    "  quaver evaluate talk.wav heard.wav\n"
    "  quaver evaluate samples/ decoded/ --json\n"
    "  quaver evaluate samples/ decoded/ --run runs/first --json\n"};

// What is shown of each pair: the key in JSON, the column, how it is printed.
struct Column {
  const char* key;
  const char* heading;
  int decimals;
  double unit;  // of the printed figure
};
constexpr std::array<Column, 8> kColumns = {{{"estoi", "ESTOI", 4, 1},
                                             {"log_mel_db", "log-mel dB", 3, 1},
                                             {"si_sdr_db", "SI-SDR dB", 2, 1},
                                             {"pitch_cents", "pitch cents", 1, 1},
                                             {"pitch_gross", "gross %", 2, 0.01},
                                             {"voicing_error", "voicing %", 2, 0.01},
                                             {"frozen_noise", "frozen", 3, 1},
                                             {"level_db", "level dB", 2, 1}}};
using Row = std::array<std::optional<double>, kColumns.size()>;

struct Scoring {
  bool align = false;
  bool any_length = false;
};

// Empty if the lengths agree. What one of the two lacks is in no score.
std::string LengthDifference(const ClipFiles& files, size_t reference, size_t decoded) {
  if (std::max(reference, decoded) - std::min(reference, decoded) <= kMaxLengthDifference) return "";
  return files.decoded + Format(": is %.2f s long, ", static_cast<double>(decoded) / kRate) +
         files.reference + Format(" %.2f s", static_cast<double>(reference) / kRate);
}

Result<Row> ScoreFiles(const ClipFiles& files, const Scoring& scoring, Console& console) {
  const auto reference = ReadClip(files.reference, kRate);
  if (!reference.ok()) return reference.error();
  const auto decoded = ReadClip(files.decoded, kRate);
  if (!decoded.ok()) return decoded.error();
  const std::string difference = LengthDifference(files, reference.value().size(), decoded.value().size());
  if (!difference.empty() && !scoring.any_length) {
    return Error{difference + "; --allow-length-difference scores what both have"};
  }
  if (!difference.empty()) console.Error(difference + "; what both have is scored");
  const int lag = scoring.align ? AlignLag(reference.value(), decoded.value()) : 0;
  const ClipPair pair = AtLag(reference.value(), decoded.value(), lag);
  const auto scores = Score(pair.reference, pair.decoded);
  if (!scores.ok()) return Error{files.reference + ", " + files.decoded + ": " + scores.message()};
  const auto voice = ScoreVoice(pair.reference, pair.decoded);
  if (!voice.ok()) return Error{files.reference + ", " + files.decoded + ": " + voice.message()};
  const SpeechScores& s = scores.value();
  const VoiceScores& v = voice.value();
  return Row{s.estoi,       s.log_mel_db,          s.si_sdr_db,    v.pitch.cents,
             v.pitch.gross, v.pitch.voicing_error, v.frozen_noise, v.level_db};
}

int Width(const Column& column) { return static_cast<int>(std::string(column.heading).size()); }

void PrintTable(const std::vector<ClipFiles>& files, const std::vector<Row>& rows, const Row& mean) {
  for (const Column& column : kColumns) std::printf("  %s", column.heading);
  std::printf("\n");
  const auto print = [](const Row& row, const char* name) {
    for (size_t i = 0; i < row.size(); ++i) {
      const Column& column = kColumns[i];
      if (row[i]) {
        std::printf("  %*.*f", Width(column), column.decimals, *row[i] / column.unit);
      } else {
        std::printf("  %*s", Width(column), "-");
      }
    }
    std::printf("  %s\n", Printable(name).c_str());
  };
  for (size_t i = 0; i < rows.size(); ++i) print(rows[i], files[i].decoded.c_str());
  if (rows.size() > 1) print(mean, "mean");
}

// Over the clips that have the score.
Row Mean(const std::vector<Row>& rows) {
  Row mean;
  for (size_t i = 0; i < mean.size(); ++i) {
    double sum = 0;
    size_t count = 0;
    for (const Row& row : rows) {
      if (!row[i]) continue;
      sum += *row[i];
      ++count;
    }
    if (count > 0) mean[i] = sum / static_cast<double>(count);
  }
  return mean;
}

struct Scored {
  std::vector<ClipFiles> files;
  std::vector<Row> rows;  // of each
  int code = kExitOk;
};

Scored ScoreAll(const std::vector<ClipFiles>& clips, const Scoring& scoring, Console& console) {
  Scored scored;
  Progress progress(console, clips.size());
  for (size_t i = 0; i < clips.size(); ++i) {
    const auto scores = ScoreFiles(clips[i], scoring, console);
    if (scores.ok()) {
      scored.files.push_back(clips[i]);
      scored.rows.push_back(scores.value());
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
  Scoring scoring;
  RunToEvaluate by;
  line.options().add_options()                                                            //
      ("json", "Print the mean as JSON", cxxopts::value(json))                            //
      ("align", "Find the lag of DEC first, up to 60 ms", cxxopts::value(scoring.align))  //
      ("allow-length-difference", "Score what both have where lengths differ by more than 100 ms",
       cxxopts::value(scoring.any_length))                                                        //
      ("run", "Folder of a training run whose network writes DEC first", cxxopts::value(by.run),
       "RUN")  //
      ("best", "With --run: the checkpoint with the best validation instead of the last",
       cxxopts::value(by.best))                                                     //
      ("n-q", "With --run: tokens a frame (default: all)", cxxopts::value(by.n_q), "N")  //
      ("bottleneck",
       "With --run: quantise with this bottleneck instead. JSON of a type with levels, for instance "
       "'{\"type\": \"fsp\", \"cdf\": \"tanh\", \"groups\": 1, \"levels\": [6, 6, 6, 6]}', or of type vp, "
       "whose codebook is fitted to the training data",
       cxxopts::value(by.bottleneck), "JSON");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().size() != 2) return line.UsageError("REF and DEC are required");
  const bool of_run = line.Has("best") || line.Has("n-q") || line.Has("bottleneck");
  if (of_run && !line.Has("run")) return line.UsageError("--best, --n-q and --bottleneck need --run");
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
    console.Error(path + ": has no decoded file; skipped");
  Scored scored = ScoreAll(pairing.value().clips, scoring, console);
  if (!pairing.value().unmatched.empty()) scored.code = kExitFailed;
  if (scored.rows.empty()) return kExitFailed;
  const Row mean = Mean(scored.rows);
  if (json) {
    nlohmann::json facts = {{"clips", scored.rows.size()}};
    for (size_t i = 0; i < mean.size(); ++i)
      facts[kColumns[i].key] = mean[i] ? nlohmann::json(*mean[i]) : nlohmann::json();
    if (!run.is_null()) facts["run"] = run;
    std::fputs(PrintableJson(facts).c_str(), stdout);
  } else {
    PrintTable(scored.files, scored.rows, mean);
  }
  return scored.code;
}

}  // namespace quaver
