// quaver train: trains a model on folders of speech.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cxxopts.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/run_notes.h"
#include "codec/model/find.h"
#include "codec/train/memory.h"
#include "codec/train/trainer.h"
#include "codec/train/warm_start.h"

namespace quaver {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> stop_requested{false};

void RequestStop(int) {
  stop_requested = true;
  std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C ends at once
}

constexpr char kAbout[] =
    "Trains a codec on every sound file under a folder. Checkpoints and a log (JSON lines) go to the run's "
    "folder;\n"
    "Ctrl-C ends cleanly with a checkpoint, --resume goes on from it.\n\n"
    "Example:\n"
    "  quaver train --config models/speech-16k.json --data speech/ --out runs/first --minutes 90\n"
    "  quaver train --data my/speech --out runs/mine --init-from default --minutes 20\n"
    "  quaver export runs/first -o first.safetensors\n";

struct Arguments {
  std::string config, data, out, validation, init_from, device;
  double minutes = 0;
  int64_t steps = 0;
  int threads = 0;
  bool resume = false;
};

std::string Clock(double seconds) {
  char text[32];
  const auto whole = static_cast<long>(seconds);
  std::snprintf(text, sizeof(text), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return text;
}

// One line on a terminal that is written over; every hundredth step a line in a log file or pipe.
class ConsoleReport {
 public:
  explicit ConsoleReport(bool terminal) : terminal_(terminal) {}
  void operator()(const StepReport& r) const {
    if (!terminal_ && r.step % 100 != 0) return;
    std::string line;
    char text[96];
    std::snprintf(text, sizeof(text), "%3.0f%% step %ld  loss %.3f", 100 * r.progress,
                  static_cast<long>(r.step), r.total);
    line += text;
    for (const auto& [name, value] : r.terms) {
      std::snprintf(text, sizeof(text), "  %s %.3g", name.c_str(), value);
      line += text;
    }
    std::snprintf(text, sizeof(text), "  %.1f audio-s/s  ETA ", r.audio_rate);
    line += text + Clock(r.seconds_left);
    std::fprintf(stderr, terminal_ ? "\r%s   " : "%s\n", line.c_str());
  }

 private:
  bool terminal_;
};

nlohmann::json ToJson(const StepReport& r) {
  nlohmann::json json = {
      {"step", r.step}, {"loss", r.total}, {"lr", r.learning_rate}, {"audio_rate", r.audio_rate}};
  for (const auto& [name, value] : r.terms) json[name] = value;
  return json;
}

// What the command line says of the length of the run goes before what the configuration says.
void SetLength(const Arguments& arguments, TrainingOptions& options) {
  if (arguments.minutes > 0) options.minutes = arguments.minutes;
  if (arguments.steps <= 0) return;
  options.steps = arguments.steps;
  options.minutes = 0;
}

// With a run's checkpoint (.pt), or with the weights of a model.
Status BeginWith(const std::string& model, TrainingState& state) {
  if (fs::path(model).extension() == ".pt") {
    auto from = LoadCheckpoint(model, state.device);
    if (!from.ok()) return from.error();
    const Status begun = WarmStart(state, *from.value());
    return begun.ok() ? begun : Error{model + ": " + begun.message()};
  }
  auto found = FindByName(model);
  if (!found.ok()) return found.error();
  const std::string& source = found.value().source;
  const auto weights = ParseWeights(found.value().bytes(), source, Verify::kHash);
  if (!weights.ok()) return weights.error();
  const Status begun = WarmStart(state, weights.value());
  if (!begun.ok()) return Error{source + ": " + begun.message()};
  return {};
}

Result<std::unique_ptr<TrainingState>> StartOrResume(const Arguments& arguments, const RunFolder& folder,
                                                     torch::Device device) {
  if (arguments.resume) {
    auto state = folder.Load(device, [](const std::string& message) {
      std::fprintf(stderr, "%s; going on from the checkpoint before it\n", message.c_str());
    });
    if (!state.ok()) return state;
    TrainingOptions& options = state.value()->config.training;
    SetLength(arguments, options);
    return state;
  }
  if (!folder.Checkpoints().empty())
    return Error{folder.Checkpoints()[0] + ": exists; --resume goes on with it, or choose another --out"};
  auto config = LoadTrainingConfig(arguments.config);
  if (!config.ok()) return config.error();
  SetLength(arguments, config.value().training);
  auto state = std::make_unique<TrainingState>(config.value(), device);
  if (!arguments.init_from.empty()) {
    const Status begun = BeginWith(arguments.init_from, *state);
    if (!begun.ok()) return begun.error();
  }
  return state;
}

Result<torch::Device> ParseDevice(const std::string& name) {
  if (name == "cpu") return torch::Device(torch::kCPU);
  if (name != "cuda") return Error{"--device: " + name + " is not known; cpu or cuda"};
  if (!torch::cuda::is_available())
    return Error{
        "--device cuda: this LibTorch finds no GPU (it was built without CUDA, or there is no driver)"};
  at::globalContext().setAllowTF32CuBLAS(true);
  at::globalContext().setAllowTF32CuDNN(true);
  return torch::Device(torch::kCUDA, 0);
}

Result<Dataset> Load(const std::string& folder, const TrainingConfig& config, bool terminal) {
  LoadOptions load = DataOptions(config);
  if (terminal) {
    load.progress = [](size_t done, size_t total) {
      std::fprintf(stderr, "\rreading %zu of %zu files ", done, total);
    };
  }
  auto data = LoadDataset(folder, load);
  if (terminal) std::fprintf(stderr, "\n");
  if (!data.ok()) return data;
  for (const SkippedFile& file : data.value().skipped) {
    std::fprintf(stderr, "skipped: %s: %s\n", file.path.c_str(), file.reason.c_str());
  }
  std::fprintf(stderr, "%s: %zu clips, %.1f minutes, %zu files skipped\n", folder.c_str(),
               data.value().clips.size(), data.value().seconds() / 60, data.value().skipped.size());
  for (const std::string& name : data.value().not_left_out)
    std::fprintf(stderr, "\"leave_out\": there is no %s in %s\n", name.c_str(), folder.c_str());
  return data;
}

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver train: %s\n", message.c_str());
  return 1;
}

// An error of usage, or "".
std::string Check(const cxxopts::ParseResult& parsed, const Arguments& arguments) {
  if (!parsed.unmatched().empty()) return "\"" + parsed.unmatched().front() + "\" belongs to no option";
  if (arguments.data.empty() || arguments.out.empty()) return "--data and --out are needed";
  if (parsed.count("minutes") && parsed.count("steps")) return "give --minutes or --steps, not both";
  if (parsed.count("minutes") && !(arguments.minutes > 0)) return "--minutes must be above 0";
  if (parsed.count("steps") && arguments.steps < 1) return "--steps must be at least 1";
  if (parsed.count("threads") && arguments.threads < 1) return "--threads must be at least 1";
  if (!arguments.resume) return "";
  if (parsed.count("init-from"))
    return "--resume goes on with a run's own weights, --init-from begins a new run";
  if (parsed.count("config"))
    return "--resume goes on with a run's own configuration, --config begins a new run";
  return "";
}

int Run(const Arguments& arguments) {
  const bool terminal = isatty(2) != 0;
  std::error_code error;
  fs::create_directories(arguments.out, error);
  if (error) return Fail(arguments.out + ": " + error.message());
  KeepFreedMemory();
  if (arguments.threads > 0) at::set_num_threads(arguments.threads);

  const auto device = ParseDevice(arguments.device);
  if (!device.ok()) return Fail(device.message());
  const RunFolder probe(arguments.out, 1);
  probe.RemoveLeftovers();
  auto state = StartOrResume(arguments, probe, device.value());
  if (!state.ok()) return Fail(state.message());
  const TrainingConfig& config = state.value()->config;
  auto data = Load(arguments.data, config, terminal);
  if (!data.ok()) return Fail(data.message());
  Dataset validation;
  if (arguments.validation.empty()) {
    validation = HoldOut(data.value(), config.training.held_out);
  } else {
    auto loaded = Load(arguments.validation, config, terminal);
    if (!loaded.ok()) return Fail(loaded.message());
    validation = std::move(loaded).value();
  }
  if (data.value().clips.empty())
    return Fail(arguments.data + ": nothing left to train on after holding clips out");

  if (validation.clips.empty()) std::fprintf(stderr, "no clips to validate on\n");
  const Status noted = WriteRunNotes(arguments.out, {arguments.data, arguments.validation});
  if (!noted.ok()) return Fail(noted.message());
  std::ofstream log(arguments.out + "/log.jsonl", std::ios::app);
  if (!log) return Fail(arguments.out + "/log.jsonl: cannot be written");
  const ConsoleReport console(terminal);
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& report) {
    console(report);
    log << ToJson(report).dump() << '\n';
    if (report.step % 20 == 0) log.flush();
  };
  callbacks.on_validation = [&](int64_t step, const std::string& scores) {
    log << "{\"step\":" << step << ",\"validation\":" << scores << "}" << std::endl;
    std::fprintf(stderr, "\nvalidation at step %ld: %s\n", static_cast<long>(step), scores.c_str());
  };
  callbacks.on_message = [&](const std::string& message) { std::fprintf(stderr, "\n%s\n", message.c_str()); };

  std::signal(SIGINT, RequestStop);
  std::signal(SIGTERM, RequestStop);
  if (std::signal(SIGHUP, RequestStop) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
  const RunFolder folder(arguments.out, config.training.keep_checkpoints);
  const Status status = Train(*state.value(), data.value(), validation, folder, callbacks, stop_requested);
  std::fprintf(stderr, "\n");
  if (!status.ok()) return Fail(status.message());
  std::fprintf(stderr, "%s after %ld steps: %s\n", stop_requested ? "stopped" : "finished",
               static_cast<long>(state.value()->step), folder.Checkpoints().front().c_str());
  return 0;
}

}  // namespace

int RunTrain(int argc, char** argv) {
  cxxopts::Options options("quaver train", kAbout);
  Arguments arguments;
  // clang-format off
  options.add_options()
      ("config", "model and training configuration (JSON)",
       cxxopts::value(arguments.config)->default_value("models/speech-16k.json"))
      ("data", "folder of speech, any format that libsndfile reads", cxxopts::value(arguments.data))
      ("out", "folder of the run", cxxopts::value(arguments.out))
      ("validate", "folder of speech to validate on (default: a share of the data)",
       cxxopts::value(arguments.validation))
      ("init-from", "begin with the weights of this model (NAME or FILE), or with the networks, discriminators and "
       "moments of a run's checkpoint (FILE.pt), instead of random ones",
       cxxopts::value(arguments.init_from))
      ("minutes", "train for so long instead of for a number of steps", cxxopts::value(arguments.minutes))
      ("steps", "number of steps, instead of the configuration's", cxxopts::value(arguments.steps))
      ("device", "cpu or cuda", cxxopts::value(arguments.device)->default_value("cpu"))
      ("threads", "CPU threads (default: all cores)", cxxopts::value(arguments.threads))
      ("resume", "go on from the run's checkpoint", cxxopts::value(arguments.resume))
      ("h,help", "this text");
  // clang-format on
  const auto parsed = options.parse(argc, argv);
  if (parsed.count("help")) {
    std::cout << options.help();
    return 0;
  }
  const std::string problem = Check(parsed, arguments);
  if (!problem.empty()) {
    std::fprintf(stderr, "quaver train: %s; see quaver train --help\n", problem.c_str());
    return 2;
  }
  return Run(arguments);
}

}  // namespace quaver
