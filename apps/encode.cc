// quaver encode: sound to .qvr or to tokens.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/cli/batch_options.h"
#include "apps/cli/bitrate.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/file_kinds.h"
#include "apps/cli/jobs.h"
#include "apps/cli/models.h"
#include "apps/cli/numbers.h"
#include "apps/cli/progress.h"
#include "apps/cli/sound_remarks.h"
#include "apps/cli/stop_signals.h"
#include "apps/cli/tags.h"
#include "apps/commands.h"
#include "codec/container/encode_file.h"
#include "codec/container/token_sink.h"
#include "codec/io/atomic_file.h"
#include "codec/io/byte_file.h"
#include "codec/io/stop_request.h"
#include "codec/stream_encoder.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "encode",
    "Encodes sound files of any rate and channel count (mixed down to mono) to .qvr files, or to tokens\n"
    "as .npy (uint16 [frames, n_q], 50 frames a second).",
    "IN...",
    "  quaver encode talk.wav                        writes talk.qvr at 3 kbit/s\n"
    "  quaver encode talk.wav -o low.qvr --bitrate 1.5k\n"
    "  quaver encode talk.wav --bitrate 1.5k --effort 1  better at the same rate, slower\n"
    "  quaver encode call.wav --bitrate 6k --vbr     fewer bits where nobody speaks\n"
    "  quaver encode call.wav --split-channels       call.1.qvr and call.2.qvr, a speaker each\n"
    "  quaver encode talk.wav -o talk.npy --tokens 18  tokens for a language model\n"
    "  quaver encode speech/*.flac -o tokens/ --format npy --jobs 8\n"
    "  quaver encode take.raw --raw --rate 48000 --channels 2 --comment 'TITLE=Take 1'\n"
    "  quaver encode LibriSpeech/ -o coded/ --skip-existing  a whole tree, continued where it was left\n"
    "  arecord -r 16000 -f S16_LE | quaver encode - -o - --max-delay 0 | ssh host 'quaver decode - | aplay'\n"
    "  arecord -r 16000 -f S16_LE | quaver encode - -o - > live.qvr\n"};

const BatchFormats kFormats = {FileKind::kSound, {".qvr", ".npy"}};
const BatchFormats kFromRaw = {FileKind::kRawSound, {".qvr", ".npy"}};

constexpr int kMostDelay = 5000;  // ms
constexpr MaxDelay kPipeDelay{1000};

struct Options {
  BatchOptions batch;
  std::string bitrate;
  std::string model;
  int tokens = 0;
  int frames_per_packet = 0;  // 0: the most that max_delay allows
  int max_delay = -1;         // ms, -1: not given
  int effort = 0;
  bool vbr = false;
  int channel = 0;  // from 1; 0: all, mixed down
  bool split_channels = false;
  TagOptions tags;
  bool raw = false;
  RawSound raw_sound;  // channels alone: the others are read below
  std::string rate = "16000";
  std::string sample_format = "s16le";
};

void Declare(CommandLine& line, Options& o) {
  DeclareBatch(line, kFormats, o.batch);
  line.options().add_options()  //
      ("bitrate",
       "Payload in bits per second, also written 1.5k (default: 3k). The rate is held over a few seconds: "
       "each packet gets as many tokens a frame as the rate allows. With packets of fewer than 10 frames, "
       "with --vbr and for .npy, the number of tokens is fixed to what is expected to meet the rate in "
       "packets of 25 frames; shorter packets take more",
       cxxopts::value(o.bitrate), "R")                                                             //
      ("tokens", "Tokens a frame, 1 to 18, instead of a bit rate", cxxopts::value(o.tokens), "N")  //
      ("effort",
       "0, 1 or 2: more computation for better sound at the same --bitrate. 1 allocates bits to frames "
       "with a perceptual model; 2 also searches for tokens that come nearer to the original, but sound less "
       "natural, and is worthwhile below 2k. On one core 0 (default) runs at about 100 times real time, 1 at "
       "5 to 10 times, 2 at real time for 1.5k and half of that for 3k. 1 and 2 look 30 seconds ahead and "
       "cannot write .npy",
       cxxopts::value(o.effort), "N")  //
      ("vbr",
       "Variable rate: --bitrate or --tokens apply to speech; quieter frames get fewer tokens, pauses "
       "one, which costs almost nothing. The mean rate is lower",
       cxxopts::value(o.vbr))  //
      ("channel", "This channel alone, 1 for the first (default: all, mixed down)", cxxopts::value(o.channel),
       "N")  //
      ("split-channels", "Each channel to an output of its own: talk.1.qvr, talk.2.qvr, ...",
       cxxopts::value(o.split_channels))                                                                //
      ("model", "Name or file of the model (default: the built-in one)", cxxopts::value(o.model), "M")  //
      ("frames-per-packet",
       "Frames of 20 ms a packet, 1 to 25 (default: 25, or as many as --max-delay allows)",
       cxxopts::value(o.frames_per_packet), "N")  //
      ("max-delay",
       "For live sound: how long sound may be kept before it is written, in ms, 0 to 5000. Packets and pages "
       "become as short as that needs, which costs bits: 0 writes a page for each packet of one frame, "
       "which takes 11 kbit/s more. The codec needs a frame of 20 ms in addition (default: 1000 into pipes, "
       "with packets of 25 frames; about 5000 into files)",
       cxxopts::value(o.max_delay), "MS")  //
      ("raw", "Inputs are samples without a header; of a folder, its .raw and .pcm files",
       cxxopts::value(o.raw))  //
      ("rate", "With --raw: sample rate in Hz, also written 48k or 44.1k (default: 16000)",
       cxxopts::value(o.rate), "HZ")  //
      ("channels", "With --raw: interleaved channels (default: 1)", cxxopts::value(o.raw_sound.channels),
       "N")  //
      ("sample-format",
       "With --raw: s16le (16-bit integers, little-endian) or f32le (32-bit floats) (default: s16le)",
       cxxopts::value(o.sample_format), "F");
  DeclareTags(line, "an .npy has none", o.tags);
}

constexpr const char* kNoEffort =
    "--effort cannot write .npy, because it varies the tokens a frame; write .qvr, or drop --effort";

constexpr const char* kNoComment = "--comment is for .qvr; an .npy has no place for tags";

constexpr const char* kNoDelay =
    "--max-delay is for .qvr; an .npy begins with its length, so it comes out at the end";

Result<int> RateOf(const Options& o) {
  return ParseSampleRate("--rate", o.rate, kMinSampleRate, kMaxSampleRate);
}

// An error of usage, or "".
std::string CheckRaw(const CommandLine& line, const Options& o) {
  const auto format = ParseSampleFormat(o.sample_format);
  if (!format.ok()) return format.message();
  if (!o.raw && (line.Has("rate") || line.Has("channels") || line.Has("sample-format")))
    return "--rate, --channels and --sample-format need --raw: a sound file says itself what it holds";
  if (const auto rate = RateOf(o); !rate.ok()) return rate.message();
  const Status valid = CheckRawSound(o.raw_sound);
  return valid.ok() ? "" : valid.message();
}

// An error of usage, or "".
std::string Check(const CommandLine& line, const Options& o) {
  if (line.Has("bitrate") && line.Has("tokens")) return "give --bitrate or --tokens, not both";
  if (line.Has("tokens") && (o.tokens < 1 || o.tokens > kMaxGroups)) return "--tokens must be within 1 .. 18";
  if (o.effort < 0 || o.effort > 2) return "--effort must be 0, 1 or 2";
  if (o.effort > 0 && (o.vbr || line.Has("tokens"))) {
    return "--effort needs --bitrate and cannot be combined with --vbr or --tokens";
  }
  if (o.effort > 0 && o.batch.format == "npy") return std::string("--format npy: ") + kNoEffort;
  if (line.Has("frames-per-packet") &&
      (o.frames_per_packet < 1 || o.frames_per_packet > kMaxFramesPerPacket)) {
    return "--frames-per-packet must be within 1 .. 25";
  }
  if (line.Has("channel") && o.channel < 1) return "--channel must be at least 1";
  if (o.split_channels && line.Has("channel")) return "give --channel or --split-channels, not both";
  if (o.split_channels && (o.batch.out == "-" || std::ranges::count(line.positional(), "-") > 0)) {
    return "--split-channels reads its inputs several times and writes several outputs, so that neither can "
           "be -";
  }
  if (line.Has("max-delay")) {
    if (o.max_delay < 0 || o.max_delay > kMostDelay) return "--max-delay must be within 0 .. 5000 ms";
    if (o.effort > 0) return "--max-delay cannot be combined with --effort, which looks 30 seconds ahead";
    if (o.batch.format == "npy") return std::string("--format npy: ") + kNoDelay;
  }
  if (const std::string wrong = CheckRaw(line, o); !wrong.empty()) return wrong;
  if (const std::string wrong = CheckTagOptions(o.tags); !wrong.empty()) return wrong;
  if (!o.bitrate.empty() && !ParseBitrate(o.bitrate).ok()) return ParseBitrate(o.bitrate).message();
  return CheckBatch(line, kFormats, o.batch);
}

// What --tokens or --bitrate, --vbr and --effort mean for packets.
struct Plan {
  EncoderOptions options;
  int tokens = 0;  // a frame: expected at the bit rate, or fixed
  std::string warning;
};

Result<Plan> MakePlan(const Options& o, const Model& model) {
  if (o.tokens > model.groups()) {
    return Error{"--tokens " + std::to_string(o.tokens) + ": the model has " +
                 std::to_string(model.groups())};
  }
  Plan plan;
  int frames = o.frames_per_packet;
  if (frames == 0 && o.max_delay < 0) frames = kMaxFramesPerPacket;
  if (frames == 0) {
    frames = std::clamp(static_cast<int>(o.max_delay * model.frame_rate() / 1000), 1, kMaxFramesPerPacket);
  }
  plan.options = {0, o.tokens, frames, o.vbr, o.effort};
  plan.tokens = o.tokens;
  if (o.tokens > 0) return plan;
  const std::string bitrate = o.bitrate.empty() ? "3k" : o.bitrate;
  const auto rate = ParseBitrate(bitrate);
  if (!rate.ok()) return rate.error();
  const auto tokens = TokensFor(bitrate, model);
  if (!tokens.ok()) return tokens.error();
  plan.options.bits_per_second = rate.value();
  plan.tokens = tokens.value();
  plan.warning = BeyondTheModel(bitrate, model, frames);
  return plan;
}

// Into a pipe or a device somebody may listen at the other end; standard output may be a file.
MaxDelay DelayFor(const std::string& out, const Options& o) {
  if (o.max_delay >= 0) return MaxDelay(o.max_delay);
  struct stat info {};
  const int result = out == "-" ? ::fstat(STDOUT_FILENO, &info) : ::stat(out.c_str(), &info);
  return WritesInPlace(out) && result == 0 && !S_ISREG(info.st_mode) ? kPipeDelay : kNoMaxDelay;
}

class EncodeCommand {
 public:
  EncodeCommand(const Options& options, std::shared_ptr<const Model> model, const Plan& plan, size_t inputs,
                Console& console)
      : options_(options),
        model_(std::move(model)),
        plan_(plan),
        inputs_(inputs),
        console_(console),
        progress_(console, inputs) {}

  int Run(const Job& job, size_t number) {
    std::set<std::string> told;
    const auto code =
        options_.split_channels ? Split(job, number, told) : Encode(job, number, options_.channel, told);
    progress_.Finish(number);
    if (code.ok()) return code.value();
    console_.Error(code.message());
    return kExitFailed;
  }

 private:
  // Rows of tokens are for language models: all as wide, so that no rate is held.
  EncoderOptions OptionsFor(const Job& job) const {
    EncoderOptions options = plan_.options;
    if (job.format == ".npy") options.tokens = plan_.tokens;
    return options;
  }

  // The first signal ends an input: a pipe by itself, and a single file here. Of several files, and of
  // several channels, each that has begun is finished whole, or a later run would take its beginning for all
  // of it.
  bool GoesOnWhenStopped() const { return inputs_ > 1 || options_.split_channels; }
  bool GoesOn(const Job& job) const {
    return StopRequested() == 0 || GoesOnWhenStopped() || !IsRegularFile(job.in);
  }

  Result<std::unique_ptr<TokenSink>> OpenSink(const Job& job, const StreamEncoder& encoder,
                                              const SoundReader& sound, std::set<std::string>& told) {
    if (job.format == ".npy") {
      TellTagsLeftOut(sound);
      return OpenNpySink(job.out, options_.batch.existing(), plan_.tokens);
    }
    const int channels = options_.split_channels || options_.channel > 0 ? 1 : sound.channels();
    return OpenQvrSink(job.out, options_.batch.existing(), encoder,
                       {sound.sample_rate(), channels, TagsFor(sound, told)}, DelayFor(job.out, options_));
  }

  // Of a batch the first input with tags says it for all of them.
  void TellTagsLeftOut(const SoundReader& sound) {
    const auto tags = ChosenTags(ToQvr(sound.tags()), options_.tags);
    if (tags.empty() || told_left_out_.exchange(true)) return;
    console_.Warning(sound.name() + ": tags are left out, since an .npy has no place for them: " +
                     NamesText(NamesOf(tags)) + (inputs_ > 1 ? "; this is not told of other inputs" : ""));
  }

  // Once for each input, even if it is read several times.
  void Tell(const std::string& warning, std::set<std::string>& told) const {
    if (told.insert(warning).second) console_.Warning(warning);
  }

  // Warns of those that are lost.
  std::vector<QvrTag> TagsFor(const SoundReader& sound, std::set<std::string>& told) const {
    std::vector<QvrTag> tags = ChosenTags(ToQvr(sound.tags()), options_.tags);
    const std::vector<std::string> dropped = DropWhatDoesNotFit(tags);
    if (!dropped.empty()) {
      Tell(sound.name() + ": tags are left out, which are too long for a .qvr file (" + NamesText(dropped) +
               "); --comment gives shorter ones",
           told);
    }
    return tags;
  }

  Result<std::unique_ptr<SoundReader>> OpenSound(const Job& job) const {
    if (options_.raw) return SoundReader::OpenRaw(job.in, options_.raw_sound);
    auto sound = SoundReader::Open(job.in);
    std::error_code error;
    if (sound.ok() || std::filesystem::file_size(job.in, error) == 0 || error) return sound;
    if (KindOfFile(job.in) == FileKind::kRawSound) {
      return Error{job.in +
                   ": samples without a header are read with --raw, and --rate, --channels and "
                   "--sample-format if they are not 16000, 1 and s16le"};
    }
    if (KindOfFile(job.in) == FileKind::kTokens)
      return Error{job.in + ": is no sound but tokens, of which quaver decode makes sound"};
    return sound;
  }

  // Once for each channel: talk.qvr becomes talk.1.qvr, talk.2.qvr. These differ from those of other jobs,
  // whose names differ. Nothing is written unless all may be. The exit code.
  Result<int> Split(const Job& job, size_t number, std::set<std::string>& told) {
    std::error_code error;
    if (std::filesystem::exists(job.in, error) && !std::filesystem::is_regular_file(job.in, error)) {
      return Error{job.in + ": --split-channels reads it several times, so that it must be a file"};
    }
    const auto sound = OpenSound(job);
    if (!sound.ok()) return sound.error();
    if (sound.value()->channels() == 1) {
      Tell(sound.value()->name() + ": has one channel only, so that --split-channels makes one output of it",
           told);
    }
    std::map<int, Job> parts;  // by channel
    for (int channel = 1; channel <= sound.value()->channels(); ++channel) {
      Job part = job;
      const std::filesystem::path out = job.out;
      part.out = std::filesystem::path(out)
                     .replace_extension("." + std::to_string(channel) + out.extension().string())
                     .string();
      if (options_.batch.skip_existing && std::filesystem::is_regular_file(part.out, error)) continue;
      const Status writable = CheckOutput(part.out, options_.batch.force);
      if (!writable.ok()) return writable.error();
      parts[channel] = std::move(part);
    }
    int worst = kExitOk;
    for (const auto& [channel, part] : parts) {
      const auto code = Encode(part, number, channel, told);
      if (!code.ok()) return code.error();
      worst = WorseExit(worst, code.value());
    }
    return worst;
  }

  // `channel`: 0 for all of them, mixed down. The exit code.
  Result<int> Encode(const Job& job, size_t number, int channel, std::set<std::string>& told) {
    const Status writable = CheckOutput(job.out, options_.batch.force);
    if (!writable.ok()) return writable.error();
    auto opened = OpenSound(job);
    if (!opened.ok()) return opened.error();
    SoundReader& sound = *opened.value();
    if (channel > 0) {
      if (Status there = sound.ChooseChannel(channel); !there.ok()) return there.error();
    }
    auto encoder = StreamEncoder::Create(model_, OptionsFor(job));
    if (!encoder.ok()) return encoder.error();
    auto sink = OpenSink(job, encoder.value(), sound, told);
    if (!sink.ok()) return sink.error();
    const double rate = sound.sample_rate();
    const auto report = [&](uint64_t samples) {
      const auto done = static_cast<double>(samples);
      const auto all = static_cast<double>(sound.frames());
      progress_.Update(number, all > 0 ? done / all : -1, done / rate);
      return GoesOn(job);
    };
    const auto samples = EncodeFile(sound, encoder.value(), *sink.value(), report);
    if (!samples.ok()) return samples.error();
    const double seconds = static_cast<double>(samples.value()) / rate;
    Describe(job, seconds, sink.value()->totals());
    if (StopRequested() == 0 || GoesOnWhenStopped()) return TellRemarks(sound, console_, &told);
    console_.Error("ended by " + StopSignalName() + Format(": %.2f s were encoded", seconds));
    return kExitOk;  // of which RunJobs() makes that of the signal
  }

  void Describe(const Job& job, double seconds, const SinkTotals& totals) {
    std::string text = job.in + " -> " + job.out + Format(": %.2f s, ", seconds);
    const double mean = static_cast<double>(totals.tokens) / static_cast<double>(totals.frames);
    const auto fixed = static_cast<uint64_t>(plan_.tokens) * totals.frames;
    if (totals.frames > 0 && totals.tokens != fixed && !options_.vbr) {
      text += Format("%.1f tokens a frame", mean);
    } else {
      if (totals.frames > 0 && options_.vbr) text += Format("%.1f of ", mean);
      text += Format("%d tokens a frame", plan_.tokens);
    }
    if (totals.payload_bytes > 0 && seconds > 0) {
      text += Format(", payload %.2f kbit/s", 8e-3 * static_cast<double>(totals.payload_bytes) / seconds);
    }
    console_.Note(text);
  }

  const Options& options_;
  std::shared_ptr<const Model> model_;
  Plan plan_;
  size_t inputs_;
  Console& console_;
  Progress progress_;
  std::atomic<bool> told_left_out_ = false;
};

}  // namespace

int RunEncode(int argc, char** argv) {
  CommandLine line(kText);
  Options options;
  Declare(line, options);
  if (const auto over = line.Parse(argc, argv)) return *over;
  const std::string problem = Check(line, options);
  if (!problem.empty()) return line.UsageError(problem);
  Console console("encode", options.batch.quiet);
  const auto model = Models(options.model).Chosen();
  if (!model.ok()) {
    console.Error(model.message());
    return kExitFailed;
  }
  const auto plan = MakePlan(options, *model.value());
  if (!plan.ok()) return line.UsageError(plan.message());
  options.batch.own_outputs = !options.split_channels;
  options.raw_sound.rate = RateOf(options).value();
  options.raw_sound.format = ParseSampleFormat(options.sample_format).value();
  const auto batch = PlanBatch(line, options.raw ? kFromRaw : kFormats, options.batch);
  if (!batch.ok()) return line.UsageError(batch.message());
  if (!plan.value().warning.empty()) console.Warning(plan.value().warning);
  for (const Job& job : batch.value().jobs) {
    if (options.split_channels && WritesInPlace(job.out)) {
      return line.UsageError(job.out +
                             ": --split-channels writes several outputs; -o must be a file or a folder");
    }
    if (options.effort > 0 && job.format != ".qvr") return line.UsageError(job.out + ": " + kNoEffort);
    if (options.max_delay >= 0 && job.format != ".qvr") return line.UsageError(job.out + ": " + kNoDelay);
    if (!options.tags.comments.empty() && job.format != ".qvr")
      return line.UsageError(job.out + ": " + kNoComment);
  }
  EncodeCommand command(options, model.value(), plan.value(), batch.value().jobs.size(), console);
  return RunBatch(batch.value(), options.batch, console,
                  [&](const Job& job, size_t number) { return command.Run(job, number); });
}

}  // namespace quaver
