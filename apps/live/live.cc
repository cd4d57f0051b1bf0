// quaver live: microphone to loudspeaker through the codec.
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "apps/cli/batch_options.h"
#include "apps/cli/bitrate.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/jobs.h"
#include "apps/cli/models.h"
#include "apps/cli/numbers.h"
#include "apps/cli/printable.h"
#include "apps/cli/sound_remarks.h"
#include "apps/cli/stop_signals.h"
#include "apps/commands.h"
#include "apps/live/live_session.h"
#include "apps/live/terminal.h"
#include "codec/model/config.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "live",
    "Talk through the codec: microphone, encoder, simulated network, decoder, loudspeaker. Wear\n"
    "headphones, otherwise the loudspeaker feeds the microphone. On a terminal it shows levels, bit\n"
    "rate, times and latency, and takes keys: up/down bit rate, [ ] loss, b bypass (the original), m\n"
    "mute, q quit.",
    "",
    "  quaver live                                   default devices, 3 kbit/s\n"
    "  quaver live --list-devices\n"
    "  quaver live --input 2 --output usb --bitrate 6k\n"
    "  quaver live --loss 0.1 --burst 3 --jitter 15  a bad network\n"
    "  quaver live --input-file talk.wav --record both.wav\n"};

struct Options {
  LinkOptions link;
  ChannelSettings channel;
  std::string bitrate = "3k";
  std::string model;
  std::string file;
  std::string record;
  std::string rate;
  double jitter = 0;         // ms
  double jitter_buffer = 0;  // ms
  double buffer = 20;        // ms
  double latency = 0;        // ms
  double seconds = 0;
  bool list = false;
  bool no_output = false;
  bool json = false;
  bool force = false;
  bool quiet = false;
};

void Declare(CommandLine& line, Options& o) {
  line.options().add_options()                                              //
      ("list-devices", "List the devices and end", cxxopts::value(o.list))  //
      ("input", "Microphone: number, name, or a unique part of the name (default: the system's)",
       cxxopts::value(o.link.input), "D")                                                       //
      ("output", "Loudspeaker, likewise", cxxopts::value(o.link.output), "D")                   //
      ("no-output", "Play nothing, for --record or measurements", cxxopts::value(o.no_output))  //
      ("input-file", "A sound file instead of the microphone, played at its own speed; - is standard input",
       cxxopts::value(o.file), "FILE")  //
      ("record",
       "Write both sides to a stereo .wav or .flac at 16 kHz: left the original, right the decoded "
       "speech, aligned",
       cxxopts::value(o.record), "FILE")  //
      ("bitrate",
       "Expected payload in bits per second, also written 1.5k (default: 3k). It sets the tokens a frame "
       "as in encode; packets of one frame take more",
       cxxopts::value(o.bitrate), "R")                                                                  //
      ("model", "Name or file of the model (default: the built-in one)", cxxopts::value(o.model), "M")  //
      ("loss", "Share of packets lost, 0 .. 1", cxxopts::value(o.channel.loss), "P")                    //
      ("burst", "Mean number of packets lost in a row, at least 1 (default: losses are independent)",
       cxxopts::value(o.channel.burst), "N")  //
      ("jitter", "Standard deviation of the packets' delay in ms, 0 .. 300", cxxopts::value(o.jitter),
       "MS")  //
      ("jitter-buffer",
       "How long the receiver waits for late packets, in ms, 0 .. 2000, rounded up to 20 "
       "(default: 3 times the jitter)",
       cxxopts::value(o.jitter_buffer), "MS")                                         //
      ("seed", "Seed of the simulated network", cxxopts::value(o.channel.seed), "N")  //
      ("buffer",
       "Sound kept ready for the loudspeaker, in ms, 5 .. 500; more avoids dropouts on a busy machine "
       "(default: 20)",
       cxxopts::value(o.buffer), "MS")  //
      ("latency", "Latency to request from the devices, in ms, 1 .. 500 (default: their lowest)",
       cxxopts::value(o.latency), "MS")  //
      ("rate", "Sample rate of the devices to try first, in Hz (default: 48000, then 44100, 16000)",
       cxxopts::value(o.rate), "HZ")                                              //
      ("seconds", "End after this many seconds", cxxopts::value(o.seconds), "N")  //
      ("json", "Print the final report as JSON", cxxopts::value(o.json))          //
      ("force", "Overwrite an existing recording", cxxopts::value(o.force))       //
      ("quiet", "No view, no keys, no report except --json; errors are still reported",
       cxxopts::value(o.quiet));
}

bool Within(double value, double low, double high) { return value >= low && value <= high; }  // not for NaN

// 0: none in particular.
Result<int> RateOf(const Options& o) {
  return o.rate.empty() ? Result<int>(0) : ParseSampleRate("--rate", o.rate, 8000, 384000);
}

// An error of usage, or "".
std::string Check(const CommandLine& line, const Options& o) {
  if (!line.positional().empty())
    return line.positional()[0] + ": live takes no arguments; use --input-file for a sound file";
  if (!o.file.empty() && line.Has("input")) return "give --input or --input-file, not both";
  if (o.no_output && line.Has("output")) return "give --output or --no-output, not both";
  if (!Within(o.channel.loss, 0, 1)) return "--loss must be within 0 .. 1";
  if (line.Has("burst") && !Within(o.channel.burst, 1, 1e6)) return "--burst must be at least 1";
  if (!Within(o.jitter, 0, 300)) return "--jitter must be within 0 .. 300 ms";
  if (!Within(o.jitter_buffer, 0, 2000)) return "--jitter-buffer must be within 0 .. 2000 ms";
  if (!Within(o.buffer, 5, 500)) return "--buffer must be within 5 .. 500 ms";
  if (line.Has("latency") && !Within(o.latency, 1, 500)) return "--latency must be within 1 .. 500 ms";
  if (const auto device = RateOf(o); !device.ok()) return device.message();
  if (line.Has("seconds") && !Within(o.seconds, 1e-3, 1e9)) return "--seconds must be above 0";
  const auto rate = ParseBitrate(o.bitrate);
  return rate.ok() ? "" : rate.message();
}

// Fills in the options that follow from others, in the units of the parts.
void DeriveOptions(const CommandLine& line, Options& o) {
  if (!line.Has("jitter-buffer")) o.jitter_buffer = 3 * o.jitter;
  o.channel.jitter = 1e-3 * o.jitter;
  o.link.rate = RateOf(o).value();
  o.link.microphone = o.file.empty();
  o.link.loudspeaker = !o.no_output;
  o.link.reserve = 1e-3 * o.buffer;
  o.link.latency = 1e-3 * o.latency;
}

void PrintDevice(const AudioDevice& d) {
  std::string role;
  if (d.default_input) role += "  default microphone";
  if (d.default_output) role += "  default loudspeaker";
  std::printf("%3d  %3d in %3d out  %6.0f Hz  %s (%s)%s\n", d.number, d.inputs, d.outputs, d.default_rate,
              Printable(d.name).c_str(), Printable(d.host).c_str(), role.c_str());
}

int ListDevices(Console& console) {
  const auto system = AudioSystem::Start();
  if (!system.ok()) {
    console.Error(system.message());
    return kExitFailed;
  }
  for (const AudioDevice& device : system.value()->devices()) PrintDevice(device);
  if (!system.value()->devices().empty()) return kExitOk;
  console.Error("no audio device found; is a sound system running?");
  return kExitFailed;
}

class LiveCommand {
 public:
  LiveCommand(const Options& options, std::shared_ptr<const Model> model, int n_q, Console& console)
      : options_(options), model_(std::move(model)), console_(console) {
    controls_.n_q.store(n_q);
    controls_.loss.store(static_cast<float>(options.channel.loss));
  }

  // The exit code.
  Result<int> Run() {
    const double frame_ms = 1e3 / model_->frame_rate();
    const int depth = static_cast<int>(std::ceil(options_.jitter_buffer / frame_ms - 1e-9));
    LiveCodec codec(model_, options_.channel, depth);
    if (Status status = OpenFiles(codec); !status.ok()) return status.error();
    LiveUi ui(!options_.quiet && ::isatty(STDOUT_FILENO) == 1, model_->groups(), console_, controls_, stats_);
    LiveSession session(options_.link, options_.seconds,
                        {codec, file_.get(), recorder_.get(), ui, controls_, stats_});
    Status status = session.Run();
    if (!status.ok()) return status.error();
    if (recorder_ != nullptr) status = Keep();
    Report(session.Report());
    if (!status.ok()) return status.error();
    return file_ != nullptr ? TellRemarks(file_->sound(), console_) : kExitOk;
  }

 private:
  Status OpenFiles(const LiveCodec& codec) {
    if (!options_.file.empty()) {
      auto file = FileSource::Open(options_.file, model_->sample_rate(), codec.delay());
      if (!file.ok()) return file.error();
      file_ = std::move(file).value();
    }
    if (options_.record.empty()) return {};
    if (Status status = CheckOutput(options_.record, options_.force); !status.ok()) return status;
    auto recorder = Recorder::Open(options_.record, model_->sample_rate(), ExistingFor(options_.force));
    if (!recorder.ok()) return recorder.error();
    recorder_ = std::move(recorder).value();
    return {};
  }

  Status Keep() {
    if (recorder_->lost() > 0) {
      console_.Error(options_.record +
                     Format(": %.2f s are missing because the disk was too slow",
                            static_cast<double>(recorder_->lost()) / model_->sample_rate()));
    }
    return recorder_->Finish();
  }

  void Report(const LiveReport& report) const {
    if (options_.json) {
      std::fputs(ReportJson(report).c_str(), stdout);
    } else if (!options_.quiet) {
      std::fputs(ReportText(report).c_str(), stdout);
    }
  }

  const Options& options_;
  std::shared_ptr<const Model> model_;
  Console& console_;
  LiveControls controls_;
  LiveStats stats_;
  std::unique_ptr<FileSource> file_;
  std::unique_ptr<Recorder> recorder_;
};

}  // namespace

int RunLive(int argc, char** argv) {
  CommandLine line(kText);
  Options options;
  Declare(line, options);
  if (const auto over = line.Parse(argc, argv)) return *over;
  const std::string problem = Check(line, options);
  if (!problem.empty()) return line.UsageError(problem);
  DeriveOptions(line, options);
  Console console("live", options.quiet);
  if (options.list) return ListDevices(console);
  const auto model = Models(options.model).Chosen();
  if (!model.ok()) {
    console.Error(model.message());
    return kExitFailed;
  }
  const auto n_q = TokensFor(options.bitrate, *model.value());
  if (!n_q.ok()) return line.UsageError(n_q.message());
  const std::string beyond = BeyondTheModel(options.bitrate, *model.value(), 1);
  if (!beyond.empty()) console.Warning(beyond);
  const Status caught =
      CatchStopSignals({.numbers = {SIGINT, SIGTERM, SIGHUP}, .before_abort = RestoreTerminal});
  if (!caught.ok()) console.Error(caught.message());
  LiveCommand command(options, model.value(), n_q.value(), console);
  const auto run = command.Run();
  if (!run.ok()) console.Error(run.message());
  const int code = run.ok() ? run.value() : kExitFailed;
  return options.record.empty() ? code : StopExitCode(code);  // Ctrl-C is how one ends without a recording
}

}  // namespace quaver
