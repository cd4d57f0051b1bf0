// quaver export: makes a weights file of a training run.
#include "codec/train/export.h"

#include <cstdio>
#include <cxxopts.hpp>
#include <iostream>

#include "apps/commands.h"
#include "apps/fit_progress.h"
#include "apps/trained_run.h"
#include "codec/io/atomic_file.h"

namespace quaver {
namespace {

constexpr char kAbout[] =
    "Writes the averaged weights of a run as a weights file, with an entropy model fitted to the\n"
    "training data: token frequencies are counted, then a small network is trained to refine them,\n"
    "which takes a few minutes (`quaver fit-entropy` does the same for a weights file). A run with\n"
    "vector perturbation gets its codebooks here unless `quaver fit-codebook` has fitted them since\n"
    "its last step. Matrices are stored in 8 bits with a scale for each row, which halves the file;\n"
    "--bits 16 stores them as they were trained, for a run that is to go on from the file.\n"
    "\n"
    "Example:\n"
    "  quaver export runs/first -o first.safetensors\n"
    "  quaver encode talk.wav --model first.safetensors ";

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver export: %s\n", message.c_str());
  return 1;
}

struct Arguments {
  std::string run;
  std::string out;
  std::string data;
  int bits = 8;  // of the matrices
  bool best = false;
  bool force = false;
  FitEntropyNetworkOptions fit;
};

int Run(const Arguments& arguments) {
  const auto& [run, out, folder, bits, best, force, fit] = arguments;
  const auto existing = force ? Existing::kReplace : Existing::kRefuse;
  auto file = AtomicFile::Create(out, existing);  // refused before the work, not after it
  if (!file.ok()) return Fail(file.message());
  auto state = LoadRunState(run, best);
  if (!state.ok()) return Fail(state.message());
  TrainingState& training = *state.value();
  const Status possible = CheckExport(training.config.model);
  if (!possible.ok()) return Fail(run + ": " + possible.message());
  auto data = LoadRunData(run, folder, training.config);
  if (!data.ok()) return Fail(data.message());

  if (NeedsCodebook(training)) {
    const Status fitted = FitAndPrintCodebooks(training, data.value(), {});
    if (!fitted.ok()) return Fail(fitted.message());
  }
  auto weights = ExportWeights(training, data.value(), bits == 8, fit, TerminalFitProgress());
  if (!weights.ok()) return Fail(weights.message());
  const auto bytes = SerializeWeights(weights.value());
  if (!bytes.ok()) return Fail(bytes.message());
  Status status = file.value()->Write(bytes.value());
  if (status.ok()) status = file.value()->Commit();
  if (!status.ok()) return Fail(status.message());
  std::fprintf(stderr, "%s: %zu bytes, identity %s\n", out.c_str(), bytes.value().size(),
               ToHex(weights.value().identity).c_str());
  return 0;
}

}  // namespace

int RunExport(int argc, char** argv) {
  cxxopts::Options options("quaver export", kAbout);
  Arguments arguments;
  // clang-format off
  options.add_options()
      ("run", "folder of the run", cxxopts::value(arguments.run))
      ("o,output", "weights file to write (.safetensors)", cxxopts::value(arguments.out))
      ("data", "folder, manifest or shards to fit the entropy model to (default: the training data)",
       cxxopts::value(arguments.data))
      ("bits", "of a stored weight: 8 or 16", cxxopts::value(arguments.bits)->default_value("8"))
      ("best", "the checkpoint with the best validation instead of the last", cxxopts::value(arguments.best))
      ("entropy-steps", "training steps of the entropy network; 0: frequency tables alone",
       cxxopts::value(arguments.fit.steps)->default_value("2000"))
      ("force", "overwrite", cxxopts::value(arguments.force))
      ("h,help", "this text");
  // clang-format on
  options.parse_positional({"run"});
  options.positional_help("RUN");
  const auto parsed = options.parse(argc, argv);
  if (parsed.count("help")) {
    std::cout << options.help();
    return 0;
  }
  const bool complete = !arguments.run.empty() && !arguments.out.empty() && arguments.fit.steps >= 0;
  if (!complete || !parsed.unmatched().empty()) {
    std::fprintf(stderr, "quaver export: exactly one run and -o are required; see quaver export --help\n");
    return 2;
  }
  if (arguments.bits != 8 && arguments.bits != 16) {
    std::fprintf(stderr, "quaver export: --bits is 8 or 16, not %d; see quaver export --help\n",
                 arguments.bits);
    return 2;
  }
  return Run(arguments);
}

}  // namespace quaver
