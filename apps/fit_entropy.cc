// quaver fit-entropy: the entropy model of a weights file, fitted anew.
#include "codec/train/fit_entropy.h"

#include <cstdio>
#include <string>

#include "apps/command_line.h"
#include "apps/commands.h"
#include "apps/exit_codes.h"
#include "apps/fit_progress.h"
#include "codec/io/atomic_file.h"
#include "codec/model/find.h"
#include "codec/model/weights.h"
#include "codec/train/data/load.h"

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

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver fit-entropy: %s\n", message.c_str());
  return kExitFailed;
}

int Run(const Arguments& arguments) {
  auto file = AtomicFile::Create(arguments.out, arguments.force ? Existing::kReplace : Existing::kRefuse);
  if (!file.ok()) return Fail(file.message());
  const auto found = FindByName(arguments.model);
  if (!found.ok()) return Fail(found.message());
  auto weights = ParseWeights(found.value().bytes(), found.value().source, Verify::kHash);
  if (!weights.ok()) return Fail(weights.message());
  LoadOptions load;
  load.sample_rate = weights.value().config.sample_rate;
  const auto data = LoadDataset(arguments.data, load);
  if (!data.ok()) return Fail(data.message());

  const std::string before = weights.value().metadata["payload_bps"];
  const Status fitted = FitEntropy(weights.value(), data.value(), arguments.fit, TerminalFitProgress());
  if (!fitted.ok()) return Fail(fitted.message());
  const auto bytes = SerializeWeights(weights.value());
  if (!bytes.ok()) return Fail(bytes.message());
  Status status = file.value()->Write(bytes.value());
  if (status.ok()) status = file.value()->Commit();
  if (!status.ok()) return Fail(status.message());
  std::fprintf(stderr, "bits per second with 1 to %d tokens a frame\n  before: %s\n  now:    %s\n",
               weights.value().config.bottleneck.groups, before.empty() ? "not known" : before.c_str(),
               weights.value().metadata["payload_bps"].c_str());
  std::fprintf(stderr, "%s: %zu bytes, identity %s\n", arguments.out.c_str(), bytes.value().size(),
               ToHex(weights.value().identity).c_str());
  return kExitOk;
}

}  // namespace

int RunFitEntropy(int argc, char** argv) {
  CommandLine line(kText);
  Arguments arguments;
  line.options().add_options()                                                                     //
      ("data", "Folder, manifest or shards of speech", cxxopts::value(arguments.data), "DATA")     //
      ("o,output", "Weights file to write (.safetensors)", cxxopts::value(arguments.out), "FILE")  //
      ("steps", "Training steps of the entropy network; 0: frequency tables alone",
       cxxopts::value(arguments.fit.steps)->default_value("2000"), "N")  //
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
  return Run(arguments);
}

}  // namespace quaver
