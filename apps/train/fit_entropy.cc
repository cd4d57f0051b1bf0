// quaver fit-entropy: the entropy model of a weights file, fitted anew.
#include "codec/train/fit_entropy.h"

#include <string>

#include "apps/cli/batch_options.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/commands.h"
#include "apps/train/fitting.h"
#include "codec/io/atomic_file.h"
#include "codec/model/find.h"
#include "codec/model/weights.h"
#include "codec/train/data/load.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "fit-entropy",
    "Fits the entropy model of a weights file, which the range coder uses, to speech. Tokens and\n"
    "sound stay the same; packets get smaller, most of all for speech like that given here. Token\n"
    "frequencies are counted, then a small network is trained to refine them. The result is a new\n"
    "model with another identity: both ends of a stream need it.",
    "MODEL --data DATA -o FILE.safetensors",
    "  quaver fit-entropy default --data my/speech -o mine.safetensors\n"
    "  quaver encode talk.wav --model mine.safetensors\n"};

struct Arguments {
  std::string model;
  std::string data;
  std::string out;
  bool force = false;
  FitEntropyNetworkOptions fit;
};

Status Run(const Arguments& arguments, Console& console) {
  auto file = AtomicFile::Create(arguments.out, ExistingFor(arguments.force));
  if (!file.ok()) return file.error();
  const auto found = FindByName(arguments.model);
  if (!found.ok()) return found.error();
  auto weights = ParseWeights(found.value().bytes(), found.value().source, Verify::kHash);
  if (!weights.ok()) return weights.error();
  LoadOptions load;
  load.sample_rate = weights.value().config.sample_rate;
  const auto data = LoadDataset(arguments.data, load);
  if (!data.ok()) return data.error();

  const std::string before = weights.value().metadata["payload_bps"];
  const Status fitted = FitEntropy(weights.value(), data.value(), arguments.fit, ConsoleFitProgress(console));
  if (!fitted.ok()) return fitted;
  const Status written = CommitWeights(weights.value(), *file.value(), console);
  if (!written.ok()) return written;
  console.Print(
      Format("bits per second with 1 to %d tokens a frame", weights.value().config.bottleneck.groups));
  console.Print("  before: " + (before.empty() ? "not known" : before));
  console.Print("  now:    " + weights.value().metadata["payload_bps"]);
  return {};
}

}  // namespace

int RunFitEntropy(int argc, char** argv) {
  CommandLine line(kText);
  Arguments arguments;
  line.options().add_options()                                                                     //
      ("data", "Folder, manifest or shards of speech", cxxopts::value(arguments.data), "DATA")     //
      ("o,output", "Weights file to write (.safetensors)", cxxopts::value(arguments.out), "FILE")  //
      ("steps", "Training steps of the entropy network; 0: frequency tables alone",
       cxxopts::value(arguments.fit.steps)->default_value("6000"), "N")  //
      ("units", "Units of the entropy network for each token of a frame, 1 to 64",
       cxxopts::value(arguments.fit.units)->default_value("48"), "N")                                //
      ("seed", "Seed of its training", cxxopts::value(arguments.fit.seed)->default_value("1"), "N")  //
      ("force", "Overwrite an existing file", cxxopts::value(arguments.force));
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().size() != 1 || arguments.data.empty() || arguments.out.empty())
    return line.UsageError("exactly one model, --data and -o are required");
  if (arguments.fit.steps < 0) return line.UsageError("--steps must be at least 0");
  if (arguments.fit.units < 1 || arguments.fit.units > kMaxEntropyUnits)
    return line.UsageError("--units must be within 1 .. " + std::to_string(kMaxEntropyUnits));
  arguments.model = line.positional()[0];
  Console console("fit-entropy", false);
  return ExitCode(Run(arguments, console), console);
}

}  // namespace quaver
