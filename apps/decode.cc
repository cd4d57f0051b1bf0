// quaver decode: .qvr or tokens to sound.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/cli/batch_options.h"
#include "apps/cli/command_line.h"
#include "apps/cli/console.h"
#include "apps/cli/exit_codes.h"
#include "apps/cli/file_kinds.h"
#include "apps/cli/jobs.h"
#include "apps/cli/models.h"
#include "apps/cli/numbers.h"
#include "apps/cli/packet_loss.h"
#include "apps/cli/progress.h"
#include "apps/cli/stop_signals.h"
#include "apps/cli/tags.h"
#include "apps/cli/time_point.h"
#include "apps/cli/token_file.h"
#include "apps/commands.h"
#include "codec/container/decode_file.h"
#include "codec/container/playback.h"
#include "codec/io/atomic_file.h"
#include "codec/io/byte_file.h"
#include "codec/io/sound_file.h"
#include "codec/io/stop_request.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

const CommandText kText = {
    "decode",
    "Decodes .qvr files, or arrays of tokens, to 16-bit WAV or FLAC. Decoded .qvr files have the\n"
    "length, sample rate and alignment of the original sound. The model is found by the identity in\n"
    "the file. Damaged or missing parts are concealed and reported, and the exit code is 3; packets\n"
    "lost by --loss are concealed too. Tokens are the one array of an .npy, .npz or .safetensors file:\n"
    "int16, int32, int64, uint16 or uint32, [frames, tokens a frame], -1 or 65535 for no token.",
    "IN...",
    "  quaver decode talk.qvr                      writes talk.wav\n"
    "  quaver decode talk.qvr -o heard.flac --rate 16000\n"
    "  quaver decode talk.qvr -o part.wav --start 1:30 --duration 10\n"
    "  quaver decode talk.npy -o heard.wav --model models/speech-16k.safetensors\n"
    "  quaver decode calls/*.qvr -o heard/ --jobs 8\n"
    "  quaver decode coded/ -o heard/ --format flac  a whole tree\n"
    "  quaver decode talk.qvr --raw --sample-format f32le --rate 48000 -o - | player\n"
    "  quaver decode talk.qvr -o lossy.wav --loss 0.1 --burst 3  a bad network\n"
    "  cat talk.qvr | quaver decode - -o - | aplay\n"};

const BatchFormats kFormats = {FileKind::kTokens, {".wav", ".flac"}};
const BatchFormats kToRaw = {FileKind::kTokens, {".raw"}, true};

struct Options {
  BatchOptions batch;
  std::string model;
  std::string layout;
  TagOptions tags;
  bool raw = false;
  std::string sample_format = "s16le";
  std::string rate = "original";
  std::string channels = "mono";
  std::string start;
  std::string duration;
  double loss = 0;
  double burst = 0;
  uint64_t seed = 1;
  std::string loss_file;
};

void Declare(CommandLine& line, Options& o) {
  DeclareBatch(line, kFormats, o.batch);
  line.options().add_options()  //
      ("model",
       "Name or file of the model (default: found by the identity in the file; the built-in one for tokens)",
       cxxopts::value(o.model), "M")  //
      ("layout",
       "Order of the dimensions of an array of tokens: T,n_q (a row is a frame) or n_q,T "
       "(default: T,n_q); leading dimensions of 1 do not count",
       cxxopts::value(o.layout), "L")  //
      ("rate",
       "original, the sample rate of what was encoded, or one in Hz, such as 16000, 48k or 44.1k "
       "(default: original)",
       cxxopts::value(o.rate), "R")  //
      ("channels",
       "mono, or the same signal in several: original, as many channels as were encoded, or their number "
       "(default: mono)",
       cxxopts::value(o.channels), "C")  //
      ("raw", "Write samples without a header, into a file of any name (default: .raw)",
       cxxopts::value(o.raw))  //
      ("sample-format",
       "With --raw: s16le (16-bit integers, little-endian) or f32le (32-bit floats) (default: s16le)",
       cxxopts::value(o.sample_format), "F")  //
      ("start",
       "Where to begin: seconds (12.5), a time (1:02:03.5) or samples of the output (48000s). No more of a "
       "file is read and decoded than is needed; the sound is that part of the whole, to the sample",
       cxxopts::value(o.start), "T")  //
      ("duration", "How much to decode, written likewise (default: to the end)", cxxopts::value(o.duration),
       "T")  //
      ("loss",
       "Share of packets to lose, 0 .. 1, to simulate a network. Packets are those of the file (see "
       "quaver encode --frames-per-packet); in an array of tokens each frame is one",
       cxxopts::value(o.loss), "P")  //
      ("burst", "Mean number of packets lost in a row, at least 1 (default: losses are independent)",
       cxxopts::value(o.burst), "N")  //
      ("seed",
       "Seed of --loss, to repeat the same losses (default: 1); further inputs have losses of their own",
       cxxopts::value(o.seed), "S")  //
      ("loss-file",
       "File of the packets to lose: characters 0 (received) and 1 (lost), applied from the start of "
       "every input",
       cxxopts::value(o.loss_file), "F");
  DeclareTags(line, "pipes and raw samples have none, and WAV only for some names", o.tags);
}

Result<int> ParseRate(const std::string& text) {
  return ParseSampleRate("--rate", text, kMinSampleRate, kMaxSampleRate);
}

std::optional<int> ParseWithin(const std::string& text, int low, int high) {
  int value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool valid =
      error == std::errc() && rest == text.data() + text.size() && value >= low && value <= high;
  return valid ? std::optional(value) : std::nullopt;
}

// An error of usage, or "".
std::string CheckSound(const CommandLine& line, const Options& o) {
  if (const auto rate = ParseRate(o.rate); o.rate != "original" && !rate.ok())
    return rate.message() + ", or original";
  if (o.channels != "mono" && o.channels != "original" && !ParseWithin(o.channels, 1, kMaxChannels))
    return "--channels must be mono, original or within 1 .. 255";
  if (const auto format = ParseSampleFormat(o.sample_format); !format.ok()) return format.message();
  if (line.Has("sample-format") && !o.raw) return "--sample-format needs --raw";
  if (o.raw && line.Has("format")) return "give --raw or --format, not both";
  if (o.raw && !o.tags.comments.empty()) {
    return "--comment cannot be combined with --raw, which has no place for tags";
  }
  return CheckTagOptions(o.tags);
}

// An error of usage, or "".
std::string Check(const CommandLine& line, const Options& o) {
  if (line.Has("layout") && !ParseLayout(o.layout).ok()) return ParseLayout(o.layout).message();
  if (const std::string wrong = CheckSound(line, o); !wrong.empty()) return wrong;
  for (const auto& [option, text] : {std::pair("start", o.start), std::pair("duration", o.duration)}) {
    if (!line.Has(option)) continue;
    const auto point = ParseTimePoint(std::string("--") + option, text);
    if (!point.ok()) return point.message();
    const bool nothing = point.value().is_samples ? point.value().samples == 0 : point.value().seconds == 0;
    if (option == std::string("duration") && nothing) return "--duration must be above 0";
  }
  if (line.Has("start") && (line.Has("loss") || line.Has("loss-file"))) {
    return "--start cannot be combined with --loss or --loss-file, whose packets count from the beginning";
  }
  if (o.batch.format == "flac" &&
      (o.batch.out == "-" || (o.batch.out.empty() && line.positional() == std::vector<std::string>{"-"}))) {
    return "standard output takes WAV only";
  }
  if (!(o.loss >= 0 && o.loss <= 1)) return "--loss must be within 0 .. 1";
  if (line.Has("burst") && !(o.burst >= 1 && o.burst <= 1e6)) return "--burst must be at least 1";
  if (line.Has("loss") && line.Has("loss-file")) return "give --loss or --loss-file, not both";
  if (!line.Has("loss") && (line.Has("burst") || line.Has("seed"))) {
    return "--burst and --seed need --loss";
  }
  return CheckBatch(line, kFormats, o.batch);
}

class DecodeCommand {
 public:
  // trace: of --loss-file, or empty.
  DecodeCommand(const Options& options, std::vector<bool> trace, size_t inputs, Console& console)
      : options_(options),
        trace_(std::move(trace)),
        models_(options.model),
        inputs_(inputs),
        console_(console),
        progress_(console, inputs) {}

  int Run(const Job& job, size_t number) {
    const auto report = Decode(job, number);
    progress_.Finish(number);
    if (!report.ok()) {
      console_.Error(report.message());
      return kExitFailed;
    }
    if (report.value().stopped) {
      console_.Error("ended by " + StopSignalName() + ": " + job.in + " was not decoded to its end");
    }
    if (report.value().damage.empty()) return kExitOk;
    for (const std::string& line : report.value().damage) console_.Error(job.in + ": " + line);
    if (report.value().concealed > 0) {
      console_.Error(job.in + Format(": damaged; %llu frames (%.2f s) concealed",
                                     static_cast<unsigned long long>(report.value().concealed),
                                     report.value().concealed_seconds));
    }
    return kExitDamaged;
  }

 private:
  struct Output {
    int rate = 0;
    int channels = 1;
  };

  // The first signal ends an input: a pipe by itself, and a single file here. Of several files each that has
  // begun is finished whole, or a later run would take its beginning for all of it.
  bool GoesOn(const Job& job, const TokenFile& file) const {
    if (StopRequested() == 0) return true;
    return IsRegularFile(job.in) ? inputs_ > 1 : !*file.ended;
  }

  Result<DecodeReport> Decode(const Job& job, size_t number) {
    const Status writable = CheckOutput(job.out, options_.batch.force);
    if (!writable.ok()) return writable.error();
    auto file = OpenTokenFile(job.in);
    if (!file.ok()) return file.error();
    const bool stream = file.value().array == TokenArrayKind::kNone;
    return stream ? FromQvr(job, file.value(), number) : FromArray(job, file.value(), number);
  }

  Result<DecodeReport> FromQvr(const Job& job, const TokenFile& file, size_t number) {
    auto reader = QvrReader::Open(file.source, file.seek, file.name);
    if (!reader.ok()) {
      const bool sound = KindOfFile(job.in) == FileKind::kSound;
      return Error{reader.message() +
                   (sound ? "; it looks like sound, and quaver encode makes one of it" : "")};
    }
    const QvrHeader& header = reader.value().header();
    const auto model = models_.For(header.model);
    if (!model.ok()) return Error{file.name + ": " + model.message()};
    const Status fits = CheckHeader(header, *model.value());
    if (!fits.ok()) return Error{file.name + ": " + fits.message()};
    Output output;
    output.rate = RateOf(static_cast<int>(header.original_rate));
    output.channels = ChannelsOf(header.original_channels);
    auto playback = OpenPlayback(job, output, *model.value(), reader.value().tags());
    if (!playback.ok()) return playback.error();
    PacketLoss loss = LossOf(job);
    const PacketFate fate = [&loss] { return loss.NextIsLost(); };
    const auto report = [&](uint64_t frames) {
      const double fraction =
          file.size > 0 ? static_cast<double>(*file.bytes_read) / static_cast<double>(file.size) : -1;
      progress_.Update(number, fraction, Seconds(frames, *model.value()));
      return GoesOn(job, file);
    };
    auto result = DecodeQvr(reader.value(), file.name, model.value(), fate,
                            static_cast<uint32_t>(output.rate), playback.value(), report, RangeOf(output));
    return Describe(job, output, loss, std::move(result));
  }

  Result<DecodeReport> FromArray(const Job& job, const TokenFile& file, size_t number) {
    const auto layout =
        options_.layout.empty() ? TokenLayout::kFramesFirst : ParseLayout(options_.layout).value();
    const auto tokens = ReadTokenArray(file.array, file.source, file.name, layout);
    if (!tokens.ok()) return tokens.error();
    const auto model = models_.Chosen();
    if (!model.ok()) return model.error();
    Output output;
    output.rate = RateOf(model.value()->sample_rate());
    output.channels = ChannelsOf(1);
    auto playback = OpenPlayback(job, output, *model.value(), {});
    if (!playback.ok()) return playback.error();
    PacketLoss loss = LossOf(job);
    const PacketFate fate = [&loss] { return loss.NextIsLost(); };
    const auto report = [&](uint64_t frames) {
      const double fraction = static_cast<double>(frames) / static_cast<double>(tokens.value().rows);
      progress_.Update(number, fraction, Seconds(frames, *model.value()));
      return GoesOn(job, file);
    };
    auto result = DecodeTokens(tokens.value(), file.name, model.value(), fate, playback.value(), report,
                               RangeOf(output));
    return Describe(job, output, loss, std::move(result));
  }

  DecodeRange RangeOf(const Output& output) const {
    DecodeRange range;
    if (!options_.start.empty()) range.begin = ParseTimePoint("", options_.start).value().At(output.rate);
    if (!options_.duration.empty())
      range.end = range.begin + ParseTimePoint("", options_.duration).value().At(output.rate);
    return range;
  }

  int RateOf(int original) const {
    const auto rate = ParseRate(options_.rate);
    return rate.ok() ? rate.value() : original;
  }
  int ChannelsOf(int original) const {
    if (options_.channels == "original") return original;
    return ParseWithin(options_.channels, 1, kMaxChannels).value_or(1);
  }

  PacketLoss LossOf(const Job& job) const {
    if (!trace_.empty()) return PacketLoss(trace_);
    return PacketLoss(LossModel(options_.loss, options_.burst, options_.seed + job.place));
  }

  Result<std::unique_ptr<SoundWriter>> OpenWriter(const Job& job, const Output& output) const {
    if (!options_.raw)
      return SoundWriter::Create(job.out, output.rate, output.channels, options_.batch.existing());
    const SampleFormat format = ParseSampleFormat(options_.sample_format).value();
    return SoundWriter::CreateRaw(job.out, {output.rate, output.channels, format}, options_.batch.existing());
  }

  Result<Playback> OpenPlayback(const Job& job, const Output& output, const Model& model,
                                const std::vector<QvrTag>& tags) {
    if (!options_.tags.comments.empty() && WritesInPlace(job.out))
      return Error{job.out + ": a pipe has no place for --comment; write a file"};
    auto writer = OpenWriter(job, output);
    if (!writer.ok()) return writer.error();
    const auto lost = writer.value()->SetTags(ToSound(ChosenTags(tags, options_.tags)));
    const std::string asked = FirstComment(options_.tags, lost);
    if (!asked.empty()) {
      return Error{
          job.out + ": has no place for --comment " + asked +
          "; WAV has one for title, artist, album, date, genre, track number, comment and copyright, "
          "FLAC for any"};
    }
    TellLostTags(job, lost);
    return Playback::Create(model.sample_rate(), output.rate, std::move(writer).value());
  }

  // Of a batch of raw samples, which hold none, the first input with tags says it for all of them.
  void TellLostTags(const Job& job, const std::vector<std::string>& names) {
    if (names.empty()) return;
    const bool none = options_.raw || WritesInPlace(job.out);
    if (!none) {
      console_.Warning(job.out + ": tags that it cannot hold are left out: " + NamesText(names));
    } else if (!told_left_out_.exchange(true)) {
      console_.Warning(job.in + ": tags are left out, since " +
                       (options_.raw ? "raw samples have" : "a WAV in a pipe has") + " no place for them: " +
                       NamesText(names) + (inputs_ > 1 ? "; this is not told of other inputs" : ""));
    }
  }

  Result<DecodeReport> Describe(const Job& job, const Output& output, const PacketLoss& loss,
                                Result<DecodeReport> report) {
    if (!report.ok()) return report;
    const DecodeRange range = RangeOf(output);
    if (range.end != UINT64_MAX && report.value().samples < range.end - range.begin) {
      console_.Warning(job.in +
                       Format(": --duration reaches beyond the end; %.3f s are there from --start on",
                              static_cast<double>(report.value().samples) / output.rate));
    }
    std::string text = job.in + " -> " + job.out;
    text +=
        Format(": %.2f s at %d Hz", static_cast<double>(report.value().samples) / output.rate, output.rate);
    if (options_.loss > 0 || !trace_.empty()) {
      text += Format(", %llu of %llu packets lost", static_cast<unsigned long long>(loss.lost()),
                     static_cast<unsigned long long>(loss.packets()));
    }
    console_.Note(text);
    return report;
  }

  const Options& options_;
  std::vector<bool> trace_;
  Models models_;
  size_t inputs_;
  Console& console_;
  Progress progress_;
  std::atomic<bool> told_left_out_ = false;
};

}  // namespace

int RunDecode(int argc, char** argv) {
  CommandLine line(kText);
  Options options;
  Declare(line, options);
  if (const auto over = line.Parse(argc, argv)) return *over;
  const std::string problem = Check(line, options);
  if (!problem.empty()) return line.UsageError(problem);
  std::vector<bool> trace;
  if (!options.loss_file.empty()) {
    auto read = ReadLossTrace(options.loss_file);
    if (!read.ok()) return line.UsageError("--loss-file " + read.message());
    trace = std::move(read).value();
  }
  const auto batch = PlanBatch(line, options.raw ? kToRaw : kFormats, options.batch);
  if (!batch.ok()) return line.UsageError(batch.message());

  for (const Job& job : batch.value().jobs) {
    if (options.raw && !WritesInPlace(job.out) && HasSoundExtension(job.out)) {
      return line.UsageError(job.out +
                             ": --raw writes samples without a header, and the name says otherwise; "
                             "drop --raw, or let the name end in .raw");
    }
  }

  Console console("decode", options.batch.quiet);
  DecodeCommand command(options, std::move(trace), batch.value().jobs.size(), console);
  return RunBatch(batch.value(), options.batch, console,
                  [&](const Job& job, size_t number) { return command.Run(job, number); });
}

}  // namespace quaver
