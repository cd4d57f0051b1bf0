#include "apps/trained_run.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "apps/run_notes.h"
#include "codec/train/data/load.h"
#include "codec/train/trainer.h"

namespace quaver {

Result<Dataset> LoadRunData(const std::string& run, const std::string& source, const TrainingConfig& config) {
  LoadOptions options = DataOptions(config);
  options.part = Part::kTraining;
  if (!source.empty()) return LoadDataset(source, options);
  const auto notes = ReadRunNotes(run);
  if (!notes.ok()) return notes.error();
  if (!notes.value().validation.empty()) return LoadDataset(notes.value().data, options);
  auto sets = LoadTrainingSets(notes.value().data, "", config.training.held_out, options);
  if (!sets.ok()) return sets.error();
  return std::move(sets.value().train);
}

Result<std::unique_ptr<TrainingState>> LoadRunState(const std::string& run, bool best) {
  const RunFolder folder(run, 1);
  if (best) return LoadCheckpoint(folder.Best());
  return folder.Load(torch::kCPU,
                     [](const std::string& message) { std::fprintf(stderr, "%s\n", message.c_str()); });
}

Status FitAndPrintCodebooks(TrainingState& state, const Dataset& data, const FitCodebookOptions& options) {
  const bool shown = isatty(2) != 0;
  const auto progress = [&](int64_t done, int64_t total) {
    if (shown)
      std::fprintf(stderr, "\rcodebooks: frame %lld of %lld ", static_cast<long long>(done),
                   static_cast<long long>(total));
  };
  const auto stats = FitCodebooks(state, data, options, progress);
  if (shown) std::fprintf(stderr, "\n");
  if (!stats.ok()) return stats.error();
  std::fprintf(stderr, "group   used   exp(H)/K   bits a token   mean distance   error/variance\n");
  for (size_t group = 0; group < stats.value().size(); ++group) {
    const CodebookStats& fit = stats.value()[group];
    std::fprintf(stderr, "%5zu  %4.0f %%   %8.3f   %12.2f   %13.4f   %12.2f %%\n", group + 1,
                 100 * fit.tokens.usage, fit.tokens.normalised_perplexity, fit.tokens.entropy_bits,
                 fit.mean_distance, 100 * fit.error);
  }
  return {};
}

}  // namespace quaver
