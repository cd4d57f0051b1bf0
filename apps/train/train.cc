// quaver train: trains a model on folders of speech.
#include <torch/cuda.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/progress.h"
#include "apps/commands.h"
#include "apps/train/run_notes.h"
#include "codec/model/find.h"
#include "codec/quaver.h"
#include "codec/train/data/load.h"
#include "codec/train/distributed/group.h"
#include "codec/train/log/run_log.h"
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

const CommandText kText = {
    "train",
    "Trains a codec on speech: every sound file below a folder (LibriSpeech, Common Voice and VCTK are\n"
    "recognised), the files listed in a manifest, or shards made by quaver pack; quaver data shows\n"
    "what is in them. Checkpoints, a log (JSON lines), TensorBoard event files and samples to listen\n"
    "to are written to the run's folder; quaver report makes a page of them at any time. Ctrl-C ends\n"
    "with a checkpoint, --resume continues from it.\n"
    "\n"
    "Processes started by torchrun, srun or mpirun train one model together; \"batch\" is divided\n"
    "among them.",
    "--data DATA --out RUN",
    "  quaver train --config models/speech-16k.json --data speech/ --out runs/first --minutes 90\n"
    "  quaver train --data my/speech --out runs/mine --init-from default --minutes 20\n"
    "  torchrun --nproc-per-node 8 --no-python quaver train --device cuda --data my/speech --out "
    "runs/large --auto-resume\n"
    "  quaver export runs/first -o first.safetensors\n"};

struct Arguments {
  std::string config, data, out, validation, init_from, device;
  double minutes = 0;
  int64_t steps = 0;
  int threads = 0;
  double peer_timeout = 45;  // seconds
  bool resume = false;
  bool auto_resume = false;
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

// What a step leaves in the log.
std::vector<NamedValue> Values(const StepReport& r) {
  std::vector<NamedValue> values = {{"loss", r.total}};
  for (const auto& [name, value] : r.terms) values.push_back({name, value});
  values.push_back({"lr", r.learning_rate});
  values.push_back({"audio_rate", r.audio_rate});
  return values;
}

nlohmann::ordered_json DataFacts(const Dataset& data) {
  return {{"clips", data.clips.size()}, {"seconds", data.seconds()}, {"skipped", data.skipped.size()}};
}

// What `quaver report` says of a run.
nlohmann::ordered_json StartFacts(const Arguments& arguments, const TrainingState& state, const Dataset& data,
                                  const Dataset& validation) {
  nlohmann::ordered_json facts = {{"version", quaver_version()}, {"threads", at::get_num_threads()}};
  int64_t parameters = 0;
  for (const auto& parameter : state.average->parameters()) parameters += parameter.numel();
  facts["parameters"] = parameters;
  facts["data"] = DataFacts(data);
  facts["data"]["folder"] = arguments.data;
  facts["validation"] = DataFacts(validation);
  facts["validation"]["folder"] = arguments.validation;
  const auto origin = nlohmann::json::parse(state.origin, nullptr, false);  // empty: random weights
  if (origin.is_object()) facts["began_with"] = origin.value("identity", "");
  facts["model"] = nlohmann::ordered_json::parse(CanonicalJson(state.config.model));
  facts["training"] = nlohmann::ordered_json::parse(TrainingJson(state.config.training));
  return facts;
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
  const bool exists = !folder.Checkpoints().empty();
  if (arguments.resume || (arguments.auto_resume && exists)) {
    auto state = folder.Load(device, [](const std::string& message) {
      std::fprintf(stderr, "%s; going on from the checkpoint before it\n", message.c_str());
    });
    if (!state.ok()) return state;
    TrainingOptions& options = state.value()->config.training;
    SetLength(arguments, options);
    return state;
  }
  if (exists)
    return Error{folder.Checkpoints()[0] + ": exists; continue it with --resume, or choose another --out"};
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

// With several processes on a machine each takes a GPU of its own.
Result<torch::Device> ParseDevice(const std::string& name, int local_rank) {
  if (name == "cpu") return torch::Device(torch::kCPU);
  if (name != "cuda") return Error{"--device: " + name + " is not known; use cpu or cuda"};
  if (!torch::cuda::is_available())
    return Error{
        "--device cuda: this LibTorch finds no GPU (it was built without CUDA, or there is no driver)"};
  at::globalContext().setAllowTF32CuBLAS(true);
  at::globalContext().setAllowTF32CuDNN(true);
  const int index = local_rank % static_cast<int>(torch::cuda::device_count());
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

// What was read of one source, and what was not.
void ReportData(const char* what, const std::string& source, const Dataset& data) {
  for (const SkippedFile& file : data.skipped) {
    std::fprintf(stderr, "skipped: %s: %s\n", file.path.c_str(), file.reason.c_str());
  }
  for (const std::string& note : data.notes) std::fprintf(stderr, "%s: %s\n", source.c_str(), note.c_str());
  for (const std::string& name : data.not_left_out)
    std::fprintf(stderr, "\"leave_out\": there is no %s in %s\n", name.c_str(), source.c_str());
  std::fprintf(stderr, "%s: %s: %zu clips, %.1f minutes, %zu files skipped\n", what, source.c_str(),
               data.clips.size(), data.seconds() / 60, data.skipped.size());
}

// The first process alone reports.
Result<TrainingSets> Load(const Arguments& arguments, const TrainingConfig& config, bool first) {
  Console console("train", /*quiet=*/!first);
  Progress progress(console, 1);
  LoadOptions load = DataOptions(config);
  load.progress = [&](size_t done, size_t total) {
    progress.Update(0, static_cast<double>(done) / static_cast<double>(total), 0);
  };
  auto sets = LoadTrainingSets(arguments.data, arguments.validation, config.training.held_out, load);
  console.Note("");
  if (!sets.ok() || !first) return sets;
  ReportData("training", arguments.data, sets.value().train);
  const Dataset& validation = sets.value().validation;
  if (validation.clips.empty()) {
    std::fprintf(stderr, "no clips to validate on; give --validate\n");
  } else {
    ReportData("validation", arguments.validation.empty() ? arguments.data : arguments.validation,
               validation);
  }
  return sets;
}

int Fail(const std::string& message) {
  std::fprintf(stderr, "quaver train: %s\n", message.c_str());
  return kExitFailed;
}

// An error of usage, or "".
std::string Check(const CommandLine& line, const Arguments& arguments) {
  if (!line.positional().empty()) return "\"" + line.positional().front() + "\": unexpected argument";
  if (arguments.data.empty() || arguments.out.empty()) return "--data and --out are required";
  if (line.Has("minutes") && line.Has("steps")) return "give --minutes or --steps, not both";
  if (line.Has("minutes") && !(arguments.minutes > 0)) return "--minutes must be above 0";
  if (line.Has("steps") && arguments.steps < 1) return "--steps must be at least 1";
  if (line.Has("threads") && arguments.threads < 1) return "--threads must be at least 1";
  if (!(arguments.peer_timeout >= 1)) return "--peer-timeout must be at least 1";
  if (arguments.resume && arguments.auto_resume) return "give --resume or --auto-resume, not both";
  if (!arguments.resume) return "";
  if (line.Has("init-from"))
    return "--resume continues with the run's own weights; drop --init-from, or begin a new run with another "
           "--out";
  if (line.Has("config"))
    return "--resume continues with the run's own configuration; drop --config, or begin a new run with "
           "another --out";
  return "";
}

Result<std::unique_ptr<Group>> JoinGroup(const Launch& launch, torch::Device device, double timeout) {
  GroupOptions options;
  options.timeout = std::chrono::milliseconds(static_cast<int64_t>(1000 * timeout));
  options.on_hang = [](const std::string& message) {
    std::fprintf(stderr, "quaver train: %s\n", message.c_str());
    std::_Exit(kExitFailed);
  };
  return Group::Join(launch, device, options);
}

int TrainInGroup(const Arguments& arguments, torch::Device device, Group& group) {
  const bool terminal = group.first() && isatty(2) != 0;
  const auto fail = [&group](const std::string& message) {
    group.GiveUp(message);
    return Fail(group.alone() || message.starts_with("rank ") ? message : group.name() + ": " + message);
  };
  std::error_code error;
  fs::create_directories(arguments.out, error);
  if (error) return fail(arguments.out + ": " + error.message());
  const RunFolder probe(arguments.out, 1);
  if (group.first()) probe.RemoveLeftovers();
  auto state = StartOrResume(arguments, probe, device);
  if (!state.ok()) return fail(state.message());
  const TrainingConfig& config = state.value()->config;
  auto sets = Load(arguments, config, group.first());
  if (!sets.ok()) return fail(sets.message());
  std::unique_ptr<RunLog> log;  // of the first process
  std::string last_problem;     // a full disk says so once, not at every step
  const auto watch = [&last_problem](const Status& status) {
    if (!status.ok() && status.message() != last_problem)
      std::fprintf(stderr, "\n%s\n", status.message().c_str());
    last_problem = status.message();
  };
  if (group.first()) {
    const Status noted = WriteRunNotes(arguments.out, {arguments.data, arguments.validation});
    if (!noted.ok()) return fail(noted.message());
    auto opened = RunLog::Open(arguments.out, state.value()->step);
    if (!opened.ok()) return fail(opened.message());
    log = std::move(opened).value();
    watch(log->Start(StartFacts(arguments, *state.value(), sets.value().train, sets.value().validation)));
  }
  const ConsoleReport console(terminal);
  double done = stop_requested ? 0 : 1;  // a resumed run may have no step left
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& report) {
    done = report.progress;  // less than 1 at the end: this or another process was asked to stop
    console(report);
    watch(log->Step(report.step, Values(report)));
  };
  callbacks.on_validation = [&](int64_t step, const ValidationResult& result) {
    watch(log->Validation(step, result));
    std::fprintf(stderr, "\nvalidation at step %ld: %s\n", static_cast<long>(step), Summary(result).c_str());
  };
  callbacks.on_message = [&](const std::string& message) {
    std::fprintf(stderr, "\n%s%s\n", group.alone() ? "" : (group.name() + ": ").c_str(), message.c_str());
  };

  std::signal(SIGINT, RequestStop);
  std::signal(SIGTERM, RequestStop);
  if (std::signal(SIGHUP, RequestStop) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
  const RunFolder folder(arguments.out, config.training.keep_checkpoints);
  const Status status = Train(*state.value(), sets.value().train, sets.value().validation, folder, callbacks,
                              stop_requested, group);
  if (group.first()) std::fprintf(stderr, "\n");
  if (!status.ok()) return fail(status.message());
  if (!group.first()) return kExitOk;
  std::fprintf(stderr, "%s after %ld steps: %s\n", done < 1 ? "stopped" : "finished",
               static_cast<long>(state.value()->step), folder.Checkpoints().front().c_str());
  return kExitOk;
}

int Run(const Arguments& arguments) {
  KeepFreedMemory();
  if (arguments.threads > 0) at::set_num_threads(arguments.threads);
  const auto launch = ReadLaunch();
  if (!launch.ok()) return Fail(launch.message());
  const auto device = ParseDevice(arguments.device, launch.value().local_rank);
  if (!device.ok()) return Fail(device.message());
  auto group = JoinGroup(launch.value(), device.value(), arguments.peer_timeout);
  if (!group.ok()) {
    Fail(group.message());
    std::_Exit(kExitFailed);  // threads of a group that failed may wait for a peer that is gone
  }
  const int code = TrainInGroup(arguments, device.value(), *group.value());
  if (group.value()->failed()) std::_Exit(code);
  return code;
}

}  // namespace

int RunTrain(int argc, char** argv) {
  CommandLine line(kText);
  Arguments arguments;
  line.options().add_options()  //
      ("config", "Model and training configuration (JSON)",
       cxxopts::value(arguments.config)->default_value("models/speech-16k.json"), "FILE")  //
      ("data", "Speech: a folder, a manifest (.jsonl) or a folder of shards", cxxopts::value(arguments.data),
       "DATA")                                                            //
      ("out", "Folder of the run", cxxopts::value(arguments.out), "RUN")  //
      ("validate",
       "Speech of other speakers to validate on (default: the official dev part, or a share of the data)",
       cxxopts::value(arguments.validation), "DATA")  //
      ("init-from",
       "Begin with the weights of this model (NAME or FILE), or with networks, discriminators and optimiser "
       "moments of a checkpoint (FILE.pt), instead of random weights",
       cxxopts::value(arguments.init_from), "M")  //
      ("minutes", "Length of the run in minutes, instead of steps", cxxopts::value(arguments.minutes),
       "N")  //
      ("steps", "Length of the run in steps, instead of the configuration's", cxxopts::value(arguments.steps),
       "N")                                                                                   //
      ("device", "cpu or cuda", cxxopts::value(arguments.device)->default_value("cpu"), "D")  //
      ("threads", "CPU threads of each process (default: all cores)", cxxopts::value(arguments.threads),
       "N")                                                                               //
      ("resume", "Continue from the run's checkpoint", cxxopts::value(arguments.resume))  //
      ("auto-resume", "Start, or continue if the run has a checkpoint; for launchers that restart runs",
       cxxopts::value(arguments.auto_resume))  //
      ("peer-timeout", "Seconds of silence after which a process of a distributed run counts as lost",
       cxxopts::value(arguments.peer_timeout)->default_value("45"), "SECONDS");
  if (const auto over = line.Parse(argc, argv)) return *over;
  if (const std::string problem = Check(line, arguments); !problem.empty()) return line.UsageError(problem);
  return Run(arguments);
}

}  // namespace quaver
