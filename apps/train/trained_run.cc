#include "apps/train/trained_run.h"

#include <utility>

#include "apps/train/fitting.h"
#include "apps/train/run_notes.h"
#include "codec/train/data/load.h"
#include "codec/train/trainer.h"
#include "codec/util/format.h"

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

Result<std::unique_ptr<TrainingState>> LoadRunState(const std::string& run, bool best, Console& console) {
  const RunFolder folder(run, 1);
  if (best) return LoadCheckpoint(folder.Best());
  return folder.Load(torch::kCPU, [&](const std::string& message) { console.Error(message); });
}

Status FitAndPrintCodebooks(TrainingState& state, const Dataset& data, const FitCodebookOptions& options,
                            Console& console) {
  const FitProgress draw = ConsoleFitProgress(console);
  const auto progress = [&](int64_t done, int64_t total) {
    if (draw) draw("codebooks: frame", done, total);
  };
  const auto stats = FitCodebooks(state, data, options, progress);
  if (!stats.ok()) return stats.error();
  console.Print("group   used   exp(H)/K   bits a token   mean distance   error/variance");
  for (size_t group = 0; group < stats.value().size(); ++group) {
    const CodebookStats& fit = stats.value()[group];
    console.Print(Format("%5zu  %4.0f %%   %8.3f   %12.2f   %13.4f   %12.2f %%", group + 1,
                         100 * fit.tokens.usage, fit.tokens.normalised_perplexity, fit.tokens.entropy_bits,
                         fit.mean_distance, 100 * fit.error));
  }
  return {};
}

}  // namespace quaver
