// quaver fit-codebook: the codebooks of a run that was trained by vector perturbation.
#include "codec/train/fit_codebook.h"

#include <cstdio>
#include <cxxopts.hpp>
#include <iostream>
#include <string>

#include "apps/commands.h"
#include "apps/exit_codes.h"
#include "apps/trained_run.h"
#include "codec/train/run_folder.h"

namespace quaver {
namespace {

constexpr char kAbout[] =
    "Fits the codebooks of a run with vector perturbation (bottleneck type vp), which trains without\n"
    "codebooks: k-means on latents of the training data, one codebook for each group. They are stored\n"
    "in the run's checkpoint, and `quaver export` puts them into the weights file. Export fits\n"
    "codebooks that are missing or older than the weights; this command shows how well they fit, or\n"
    "fits them with more data.\n"
    "\n"
    "For each group it prints the share of codes in use, exp(entropy) / codes (1: all equally often),\n"
    "the entropy, the mean distance of a vector to its code, and the mean squared distance over the\n"
    "variance, all on the latents that were fitted.\n"
    "\n"
    "Example:\n"
    "  quaver fit-codebook runs/first\n"
    "  quaver fit-codebook runs/first --best --frames 200000 ";

struct Arguments {
  std::string run;
  std::string data;
  bool best = false;
  FitCodebookOptions fit;
};

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver fit-codebook: %s\n", message.c_str());
  return kExitFailed;
}

int Run(const Arguments& arguments) {
  auto state = LoadRunState(arguments.run, arguments.best);
  if (!state.ok()) return Fail(state.message());
  TrainingState& training = *state.value();
  const auto data = LoadRunData(arguments.run, arguments.data, training.config);
  if (!data.ok()) return Fail(data.message());
  const Status fitted = FitAndPrintCodebooks(training, data.value(), arguments.fit);
  if (!fitted.ok()) return Fail(fitted.message());
  const RunFolder folder(arguments.run, training.config.training.keep_checkpoints);
  const Status saved = arguments.best ? folder.SaveBest(training) : folder.Save(training);
  return saved.ok() ? kExitOk : Fail(saved.message());
}

}  // namespace

int RunFitCodebook(int argc, char** argv) {
  cxxopts::Options options("quaver fit-codebook", kAbout);
  Arguments arguments;
  // clang-format off
  options.add_options()
      ("run", "folder of the run", cxxopts::value(arguments.run))
      ("data", "folder, manifest or shards to fit to (default: the training data)", cxxopts::value(arguments.data))
      ("best", "the checkpoint with the best validation instead of the last", cxxopts::value(arguments.best))
      ("frames", "audible frames to fit to, drawn from all of the data",
       cxxopts::value(arguments.fit.frames)->default_value("65536"))
      ("seed", "seed of the crops and of k-means", cxxopts::value(arguments.fit.seed)->default_value("1"))
      ("h,help", "this text");
  // clang-format on
  options.parse_positional({"run"});
  options.positional_help("RUN");
  const auto parsed = options.parse(argc, argv);
  if (parsed.count("help")) {
    std::cout << options.help();
    return kExitOk;
  }
  if (arguments.run.empty() || arguments.fit.frames < 1 || !parsed.unmatched().empty()) {
    std::fprintf(
        stderr, "quaver fit-codebook: give one run and at least one frame; see quaver fit-codebook --help\n");
    return kExitUsage;
  }
  return Run(arguments);
}

}  // namespace quaver
