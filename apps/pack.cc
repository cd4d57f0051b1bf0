// quaver pack: shards of a source of training data.
#include "codec/train/data/pack.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>
#include <system_error>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/numbers.h"
#include "apps/cli/progress.h"
#include "apps/commands.h"
#include "codec/io/sound_file.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "pack",
    "Decodes and resamples all speech of a folder, a manifest or other shards once and writes shards:\n"
    "a few large files that training maps into memory. Training on shards starts at once, uses\n"
    "exactly the same crops as training on the original files, and works with more data than fits\n"
    "into memory. Official parts are kept apart: train-*, dev-*, test-*. A shard is a safetensors\n"
    "file, int16, one tensor a clip. The folder appears when it is complete.",
    "DATA -o SHARDS",
    "  quaver data my/speech                          # look first\n"
    "  quaver pack my/speech -o shards\n"
    "  quaver pack LibriSpeech/ -o shards --shard-size 500M\n"
    "  quaver train --data shards --out runs/first --minutes 90\n"};

std::atomic<bool> stop_requested{false};

void RequestStop(int) { stop_requested = true; }

// "500M": a number with K, M, G or T for powers of 1024. 0: no size.
uint64_t ParseSize(const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(static_cast<const char*>(end), text.data() + text.size());
  const size_t power = unit.empty() ? 0 : std::string("KMGT").find(unit) + 1;
  if (error != std::errc() || unit.size() > 1 || (power == 0 && !unit.empty())) return 0;
  if (number > kMaxShardBytes) return 0;
  return number << (10 * power);
}

int Report(const std::string& out, const PackReport& report, Console& console) {
  for (const SkippedFile& file : report.skipped) console.Print("skipped: " + file.path + ": " + file.reason);
  for (const std::string& name : report.not_left_out) console.Print("--leave-out: there is no " + name);
  if (!console.talkative()) return kExitOk;
  for (const std::string& note : report.notes) console.Print(note);
  for (const auto& [split, part] : report.parts) {
    console.Print(out + Format("/%s-*: %zu clips, %.2f hours, %zu shard%s", SplitName(split), part.clips,
                               part.seconds / 3600, part.shards, part.shards == 1 ? "" : "s"));
  }
  return kExitOk;
}

}  // namespace

int RunPack(int argc, char** argv) {
  CommandLine line(kText);
  PackOptions options;
  std::string out;
  std::string size;
  std::string rate;
  line.options().add_options()                                                  //
      ("o,output", "Folder of shards to write", cxxopts::value(out), "SHARDS")  //
      ("rate", "Sample rate of the model that will be trained, Hz",
       cxxopts::value(rate)->default_value("16000"), "HZ")  //
      ("shard-size", "Largest size of a shard, with K, M or G; shards of many short clips are smaller",
       cxxopts::value(size)->default_value("1G"), "SIZE")  //
      ("leave-out", "A file to leave out, by its name within DATA; may be repeated",
       cxxopts::value(options.leave_out), "NAME")                                                          //
      ("jobs", "Files read at the same time (default: one a core)", cxxopts::value(options.threads), "N")  //
      ("force", "Replace an existing folder of shards", cxxopts::value(options.replace));
  if (const auto over = line.Parse(argc, argv)) return *over;
  options.shard_bytes = ParseSize(size);
  if (line.positional().size() != 1 || out.empty())
    return line.UsageError("exactly one input and -o are required");
  if (options.shard_bytes < kMinShardBytes || options.shard_bytes > kMaxShardBytes)
    return line.UsageError("--shard-size must be 64K .. 1T");
  const auto hertz = ParseSampleRate("--rate", rate, kMinSampleRate, kMaxSampleRate);
  if (!hertz.ok()) return line.UsageError(hertz.message());
  options.sample_rate = hertz.value();
  if (line.Has("jobs") && options.threads < 1) return line.UsageError("--jobs must be at least 1");

  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, RequestStop) == SIG_IGN) std::signal(signal, SIG_IGN);  // nohup
  }
  options.stop = &stop_requested;
  Console console("pack", false);
  Progress progress(console, 1);
  options.progress = [&](size_t done, size_t total) {
    progress.Update(0, static_cast<double>(done) / static_cast<double>(total), 0);
  };
  const auto report = PackShards(line.positional()[0], out, options);
  if (!report.ok()) {
    console.Error(report.message());
    return kExitFailed;
  }
  console.Note("");
  return Report(out, report.value(), console);
}

}  // namespace quaver
