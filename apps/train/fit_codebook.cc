// quaver fit-codebook: the codebooks of a run that was trained by vector perturbation.
#include "codec/train/fit_codebook.h"

#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/commands.h"
#include "apps/train/fitting.h"
#include "apps/train/trained_run.h"
#include "codec/train/run_folder.h"

namespace quaver {
namespace {

const CommandText kText = {
    "fit-codebook",
    "Fits the codebooks of a run with vector perturbation (bottleneck type vp), which trains without\n"
    "codebooks: k-means on latents of the training data, one codebook for each group. They are stored\n"
    "in the run's checkpoint, and `quaver export` puts them into the weights file. Export fits\n"
    "codebooks that are missing or older than the weights; this command shows how well they fit, or\n"
    "fits them with more data.\n"
    "\n"
    "For each group it prints the share of codes in use, exp(entropy) / codes (1: all equally often),\n"
    "the entropy, the mean distance of a vector to its code, and the mean squared distance over the\n"
    "variance, all on the latents that were fitted.",
    "RUN",
    "  quaver fit-codebook runs/first\n"
    "  quaver fit-codebook runs/first --best --frames 200000\n"};

struct Arguments {
  std::string run;
  std::string data;
  bool best = false;
  FitCodebookOptions fit;
};

Status Run(const Arguments& arguments, Console& console) {
  auto state = LoadRunState(arguments.run, arguments.best, console);
  if (!state.ok()) return state.error();
  TrainingState& training = *state.value();
  const auto data = LoadRunData(arguments.run, arguments.data, training.config);
  if (!data.ok()) return data.error();
  const Status fitted = FitAndPrintCodebooks(training, data.value(), arguments.fit, console);
  if (!fitted.ok()) return fitted;
  const RunFolder folder(arguments.run, training.config.training.keep_checkpoints);
  return arguments.best ? folder.SaveBest(training) : folder.Save(training);
}

}  // namespace

int RunFitCodebook(int argc, char** argv) {
  CommandLine line(kText);
  Arguments arguments;
  line.options().add_options()  //
      ("data", "Folder, manifest or shards to fit to (default: the training data)",
       cxxopts::value(arguments.data), "DATA")  //
      ("best", "The checkpoint with the best validation instead of the last",
       cxxopts::value(arguments.best))  //
      ("frames", "Audible frames to fit to, drawn from all of the data",
       cxxopts::value(arguments.fit.frames)->default_value("65536"), "N")  //
      ("seed", "Seed of the crops and of k-means", cxxopts::value(arguments.fit.seed)->default_value("1"),
       "N");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (line.positional().size() != 1) return line.UsageError("exactly one run is required");
  if (arguments.fit.frames < 1) return line.UsageError("--frames must be at least 1");
  arguments.run = line.positional()[0];
  Console console("fit-codebook", false);
  return ExitCode(Run(arguments, console), console);
}

}  // namespace quaver
