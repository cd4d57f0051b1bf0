// quaver export: makes a weights file of a training run.
#include "codec/train/export.h"

#include <unistd.h>

#include <cstdio>
#include <cxxopts.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/commands.h"
#include "codec/audio/atomic_file.h"

namespace quaver {
namespace {

constexpr char kAbout[] =
    "Writes the averaged weights of a run as a weights file, with the frequency tables of the range coder "
    "counted on\n"
    "the training data.\n\n"
    "Example:\n"
    "  quaver export runs/first -o first.safetensors\n"
    "  quaver encode talk.wav --model first.safetensors\n";

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver export: %s\n", message.c_str());
  return 1;
}

Result<std::string> DataFolder(const std::string& run) {
  const std::string path = run + "/run.json";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto json = nlohmann::json::parse(text.str(), nullptr, false);
  if (!json.is_object() || !json.contains("data") || !json["data"].is_string()) {
    return Error{path + ": does not name the training data; give --data"};
  }
  return json["data"].get<std::string>();
}

int Run(const std::string& run, const std::string& out, std::string folder, bool force) {
  const auto existing = force ? Existing::kReplace : Existing::kRefuse;
  auto file = AtomicFile::Create(out, existing);  // refused before the work, not after it
  if (!file.ok()) return Fail(file.message());
  if (folder.empty()) {
    auto found = DataFolder(run);
    if (!found.ok()) return Fail(found.message());
    folder = found.value();
  }
  auto state = LoadCheckpoint(run + "/checkpoint.pt");
  if (!state.ok()) return Fail(state.message());
  TrainingState& training = *state.value();
  LoadOptions load;
  load.sample_rate = training.config.model.sample_rate;
  load.min_samples = training.config.model.frame();
  load.leave_out = training.config.training.leave_out;
  auto data = LoadDataset(folder, load);
  if (!data.ok()) return Fail(data.message());

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
  bool force = false;
  // clang-format off
  options.add_options()
      ("run", "folder of the run", cxxopts::value(run))
      ("o,output", "weights file to write (.safetensors)", cxxopts::value(out))
      ("data", "folder to count tokens on (default: the training data)", cxxopts::value(data))
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
  if (run.empty() || out.empty()) {
    std::fprintf(stderr, "quaver export: a run and -o are needed; see quaver export --help\n");
    return 2;
  }
  return Run(run, out, data, force);
}

}  // namespace quaver
