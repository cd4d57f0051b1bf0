// quaver export: makes a weights file of a training run.
#include "codec/train/export.h"

#include <string>

#include "apps/cli/batch_options.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/commands.h"
#include "apps/train/fitting.h"
#include "apps/train/trained_run.h"
#include "codec/io/atomic_file.h"

namespace quaver {
namespace {

const CommandText kText = {
    "export",
    "Writes the averaged weights of a run as a weights file, with an entropy model fitted to the\n"
    "training data: token frequencies are counted, then a small network is trained to refine them,\n"
    "which takes a few minutes (`quaver fit-entropy` does the same for a weights file). Its output is\n"
    "brought to the level of the input, which a decoder falls short of by about a decibel. A run with\n"
    "vector perturbation gets its codebooks here unless `quaver fit-codebook` has fitted them since\n"
    "its last step. Matrices are stored in 8 bits with a scale for each row, which halves the file;\n"
    "--bits 16 stores them as they were trained, for a run that is to go on from the file.",
    "RUN -o FILE.safetensors",
    "  quaver export runs/first -o first.safetensors\n"
    "  quaver encode talk.wav --model first.safetensors\n"};

struct Arguments {
  std::string run;
  std::string out;
  std::string data;
  int bits = 8;  // of the matrices
  bool best = false;
  bool force = false;
  bool keep_level = false;
  FitEntropyNetworkOptions fit;
};

Status Run(const Arguments& arguments, Console& console) {
  const auto& [run, out, folder, bits, best, force, keep_level, fit] = arguments;
  auto file = AtomicFile::Create(out, ExistingFor(force));  // refused before the work, not after it
  if (!file.ok()) return file.error();
  auto state = LoadRunState(run, best, console);
  if (!state.ok()) return state.error();
  TrainingState& training = *state.value();
  const Status possible = CheckExport(training.config.model);
  if (!possible.ok()) return Error{run + ": " + possible.message()};
  auto data = LoadRunData(run, folder, training.config);
  if (!data.ok()) return data.error();

  if (NeedsCodebook(training)) {
    const Status fitted = FitAndPrintCodebooks(training, data.value(), {}, console);
    if (!fitted.ok()) return fitted;
  }
  auto weights =
      ExportWeights(training, data.value(), {bits == 8, !keep_level, fit}, ConsoleFitProgress(console));
  if (!weights.ok()) return weights.error();
  return CommitWeights(weights.value(), *file.value(), console);
}

}  // namespace

int RunExport(int argc, char** argv) {
  CommandLine line(kText);
  Arguments arguments;
  line.options().add_options()                                                                     //
      ("o,output", "Weights file to write (.safetensors)", cxxopts::value(arguments.out), "FILE")  //
      ("data", "Folder, manifest or shards to fit the entropy model to (default: the training data)",
       cxxopts::value(arguments.data), "DATA")  //
      ("bits", "Bits of a stored weight, 8 or 16", cxxopts::value(arguments.bits)->default_value("8"),
       "N")  //
      ("best", "The checkpoint with the best validation instead of the last",
       cxxopts::value(arguments.best))  //
      ("entropy-steps", "Training steps of the entropy network; 0: frequency tables alone",
       cxxopts::value(arguments.fit.steps)->default_value("6000"), "N")  //
      ("keep-level", "Leave the level of decoded sound as it was trained",
       cxxopts::value(arguments.keep_level))  //
      ("force", "Overwrite an existing file", cxxopts::value(arguments.force));
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().size() != 1 || arguments.out.empty())
    return line.UsageError("exactly one run and -o are required");
  if (arguments.bits != 8 && arguments.bits != 16)
    return line.UsageError("--bits is 8 or 16, not " + std::to_string(arguments.bits));
  if (arguments.fit.steps < 0) return line.UsageError("--entropy-steps must be at least 0");
  arguments.run = line.positional()[0];
  Console console("export", false);
  return ExitCode(Run(arguments, console), console);
}

}  // namespace quaver
