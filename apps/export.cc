// quaver export: makes a weights file of a training run.
#include "codec/train/export.h"

#include <unistd.h>

#include <cstdio>
#include <cxxopts.hpp>
#include <iostream>

#include "apps/commands.h"
#include "apps/trained_run.h"
#include "codec/audio/atomic_file.h"

namespace quaver {
namespace {

constexpr char kAbout[] =
    "Writes the averaged weights of a run as a weights file, with the frequency tables of the range coder "
    "counted on\n"
    "the training data. A run of bottleneck type vp gets its codebooks here, if `quaver fit-codebook` has "
    "not\n"
    "fitted them since its last step.\n\n"
    "Example:\n"
    "  quaver export runs/first -o first.safetensors\n"
    "  quaver encode talk.wav --model first.safetensors\n";

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver export: %s\n", message.c_str());
  return 1;
}

int Run(const std::string& run, const std::string& out, const std::string& folder, bool best, bool force) {
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
  const auto progress = [](size_t done, size_t total) {
    std::fprintf(stderr, "\rcounting tokens: clip %zu of %zu ", done, total);
  };
  auto weights =
      ExportWeights(training, data.value(), isatty(2) ? progress : std::function<void(size_t, size_t)>());
  if (!weights.ok()) return Fail(weights.message());
  const auto bytes = SerializeWeights(weights.value());
  if (!bytes.ok()) return Fail(bytes.message());
  Status status = file.value()->Write(bytes.value());
  if (status.ok()) status = file.value()->Commit();
  if (!status.ok()) return Fail(status.message());
  std::fprintf(stderr, "%s%s: %zu bytes, identity %s\n", isatty(2) ? "\n" : "", out.c_str(),
               bytes.value().size(), ToHex(weights.value().identity).c_str());
  return 0;
}

}  // namespace

int RunExport(int argc, char** argv) {
  cxxopts::Options options("quaver export", kAbout);
  std::string run, out, data;
  bool best = false, force = false;
  // clang-format off
  options.add_options()
      ("run", "folder of the run", cxxopts::value(run))
      ("o,output", "weights file to write (.safetensors)", cxxopts::value(out))
      ("data", "folder, manifest or shards to count tokens on (default: the training data)", cxxopts::value(data))
      ("best", "the checkpoint with the best validation instead of the last", cxxopts::value(best))
      ("force", "overwrite", cxxopts::value(force))
      ("h,help", "this text");
  // clang-format on
  options.parse_positional({"run"});
  options.positional_help("RUN");
  const auto parsed = options.parse(argc, argv);
  if (parsed.count("help")) {
    std::cout << options.help();
    return 0;
  }
  if (run.empty() || out.empty() || !parsed.unmatched().empty()) {
    std::fprintf(stderr, "quaver export: one run and -o are needed; see quaver export --help\n");
    return 2;
  }
  return Run(run, out, data, best, force);
}

}  // namespace quaver
