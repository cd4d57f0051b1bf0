// quaver data: what is in a source of training data.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/printable.h"
#include "apps/cli/progress.h"
#include "apps/commands.h"
#include "apps/data/describe_data.h"
#include "codec/train/data/survey.h"

namespace quaver {
namespace {

const CommandText kText = {
    "data",
    "Reads all speech of a folder, a manifest or shards and shows what training would use: hours,\n"
    "speakers, sample rates, formats, durations and levels, clips that are broken, silent, too short,\n"
    "clipped or duplicated, and the split into training and validation. LibriSpeech, VCTK and Common\n"
    "Voice are recognised.",
    "DATA...",
    "  quaver data my/speech\n"
    "  quaver data LibriSpeech/\n"
    "  quaver data corpus/clips.jsonl --json > report.json\n"};

}  // namespace

int RunData(int argc, char** argv) {
  CommandLine line(kText);
  bool json = false;
  SurveyOptions options;
  line.options().add_options()  //
      ("json", "Print everything as JSON: an object, or an array for several sources",
       cxxopts::value(json))  //
      ("held-out",
       "Share held out for validation where there is no official dev part (\"held_out\" of the "
       "training configuration)",
       cxxopts::value(options.held_out)->default_value("0.01"), "SHARE")  //
      ("jobs", "Files read at the same time (default: one a core)", cxxopts::value(options.threads), "N");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().empty()) return line.UsageError("no input; give a folder, a manifest or shards");
  if (line.Has("jobs") && options.threads < 1) return line.UsageError("--jobs must be at least 1");
  if (!(options.held_out >= 0 && options.held_out < 1))
    return line.UsageError("--held-out must be in [0, 1)");

  Console console("data", false);
  nlohmann::json all = nlohmann::json::array();
  int code = kExitOk;
  for (const std::string& path : line.positional()) {
    Progress progress(console, 1);
    options.progress = [&](size_t done, size_t total) {
      progress.Update(0, static_cast<double>(done) / static_cast<double>(total), 0);
    };
    const auto survey = SurveySource(path, options);
    if (!survey.ok()) {
      console.Error(survey.message());
      code = kExitFailed;
      continue;
    }
    console.Note("");
    if (json) {
      all.push_back(SurveyJson(path, survey.value()));
    } else {
      std::fputs(PrintableReport(SurveyText(path, survey.value())).c_str(), stdout);
    }
  }
  if (json && !all.empty()) {
    const nlohmann::json& out = line.positional().size() > 1 ? all : all[0];
    std::fputs(PrintableJson(out).c_str(), stdout);
  }
  return code;
}

}  // namespace quaver
