// quaver_bench: how fast the codec is, beside its peers.
#include <algorithm>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "bench/cold_start.h"
#include "bench/machine.h"
#include "bench/opus_contender.h"
#include "bench/packets.h"
#include "bench/print.h"
#include "bench/quaver_contenders.h"
#include "bench/speech.h"
#include "bench/speed.h"
#include "bench/streams.h"
#include "bench/torch_peer.h"
#include "codec/io/atomic_file.h"
#include "codec/model/find.h"
#include "codec/model/layers.h"
#include "codec/model_access.h"

namespace quaver::bench {
namespace {

struct Options {
  std::string speech;
  std::string model;
  std::string program;
  std::string json;
  double seconds = 0;
  int tokens = 0;
  int repetitions = 0;
  int streams = 0;
  bool quick = false;
};

const char* const kAbout =
    "Measures Quaver beside libopus (complexity 10, 12 kbit/s, 20 ms, VOIP) and, when built with LibTorch,\n"
    "beside the same network there: file mode and packet mode, encode and decode apart, on one thread, in\n"
    "alternating repetitions; then the latency, the stages and the memory of a packet, and, if asked for, "
    "many\n"
    "streams at once and the start of the whole program. docs/performance.md explains the figures.\n";

const char* const kExamples =
    "\nExamples:\n"
    "  quaver_bench\n"
    "  quaver_bench --speech my/speech --json figures.json\n"
    "  quaver_bench --streams 100 --program build/release/bin/quaver\n";

cxxopts::Options Describe(Options& o) {
  cxxopts::Options options("quaver_bench", kAbout);
  options.set_width(100);
  options.add_options()("h,help", "Print this text and end")  //
      ("speech", "Sound file or folder of them (default: the samples of the source tree)",
       cxxopts::value(o.speech)->default_value(QUAVER_SOURCE_DIR "/samples"), "PATH")  //
      ("seconds", "Use at most so much of the speech", cxxopts::value(o.seconds)->default_value("60"),
       "S")                                                                                           //
      ("model", "Name or file of the model", cxxopts::value(o.model)->default_value("default"), "M")  //
      ("tokens", "Tokens a frame, 1 to the groups of the model (default: all)",
       cxxopts::value(o.tokens)->default_value("0"), "N")  //
      ("repetitions", "Times that everything is measured", cxxopts::value(o.repetitions)->default_value("9"),
       "N")  //
      ("streams", "Also serve so many streams at once, then look for the most that can be served",
       cxxopts::value(o.streams)->default_value("0"), "N")  //
      ("program", "Also time the start of this quaver program, beside opusenc", cxxopts::value(o.program),
       "FILE")                                                                 //
      ("json", "Write all figures to a file", cxxopts::value(o.json), "FILE")  //
      ("quick", "One repetition on two seconds of speech: does it work at all?", cxxopts::value(o.quick));
  return options;
}

// An error of usage, or "".
std::string Check(const Options& o) {
  if (!(o.seconds >= 0.02 && o.seconds <= 3600)) return "--seconds must be within 0.02 .. 3600";
  if (o.repetitions < 1 || o.repetitions > 1000) return "--repetitions must be within 1 .. 1000";
  if (o.streams < 0 || o.streams > 100000) return "--streams must be within 0 .. 100000";
  return "";
}

void Quicken(Options& o) {
  o.seconds = std::min(o.seconds, 2.0);
  o.repetitions = 1;
}

Result<std::vector<Entry>> Contenders(const Weights& weights, const std::shared_ptr<const Model>& model,
                                      int n_q, const Speech& speech) {
  std::vector<Entry> entries;
  entries.push_back({"file", "Quaver, file", MakeQuaverFile(model, n_q, speech)});
  entries.push_back({"packets", "Quaver, packets", MakeQuaverPackets(model, n_q, speech)});
  auto opus = MakeOpus(speech);
  if (!opus.ok()) return opus.error();
  entries.push_back({"opus", OpusVersion(), std::move(opus).value()});
  for (Entry& entry : TorchContenders(weights, n_q, speech)) entries.push_back(std::move(entry));
  return entries;
}

Json ModelJson(const Model& model, int n_q) {
  const NetworkCost cost = CountCost(internal::ModelAccess::config(model));
  return {{"name", internal::ModelAccess::config(model).name},
          {"parameters", cost.parameters},
          {"macs_per_second", cost.macs_per_second},
          {"tokens", n_q}};
}

void Say(const std::string& text) { std::fprintf(stderr, "quaver_bench: %s\n", text.c_str()); }

struct Subject {
  const WeightsView& view;
  const Weights& weights;
  std::shared_ptr<const Model> model;
  int n_q;
  const Speech& speech;
};

Status MeasureAlone(const Subject& subject, const Options& o, Json& results) {
  const double seconds = static_cast<double>(subject.speech.size()) / 16000;
  const auto entries = Contenders(subject.weights, subject.model, subject.n_q, subject.speech);
  if (!entries.ok()) return entries.error();
  const double macs = CountCost(internal::ModelAccess::config(*subject.model)).macs_per_second;
  results.update(MeasureSpeed(entries.value(), {seconds, o.repetitions, macs}, Say));
  Say("packets and their stages");
  results["packet"] = MeasurePackets(subject.model, subject.n_q, subject.speech, std::min(o.repetitions, 5));
  results["stages"] = MeasureStages(subject.view, subject.model, subject.n_q, subject.speech);
  return Status();
}

Status MeasureOthers(const Subject& subject, const Options& o, Json& results) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (o.streams > 0) {
    const StreamsTask task{o.streams, cores, o.quick ? 0.4 : 20.0, subject.n_q};
    results["streams"] = MeasureStreams(subject.model, subject.speech, task, Say);
  }
  if (!o.program.empty()) {
    Say("cold start");
    const auto cold = MeasureColdStart(o.program, subject.speech, o.quick ? 2 : 41);
    if (!cold.ok()) return cold.error();
    results["cold_start"] = cold.value();
  }
  return Status();
}

Result<Json> Measure(const Options& o) {
  const auto found = FindByName(o.model);
  if (!found.ok()) return found.error();
  const FoundModel& file = found.value();
  const auto view = OpenWeights(file.bytes(), file.source, file.verify());
  if (!view.ok()) return view.error();
  const auto weights = ParseWeights(file.bytes(), file.source, Verify::kTrusted);
  if (!weights.ok()) return weights.error();
  Json results = {{"machine", DescribeMachine()}};
  const Json memory = MeasureMemory(file);
  const auto model = internal::ModelAccess::FromBytes(file.bytes(), file.source, Verify::kTrusted);
  if (!model.ok()) return model.error();
  const int n_q = o.tokens == 0 ? model.value()->groups() : o.tokens;
  if (n_q < 1 || n_q > model.value()->groups()) return Error{"--tokens: the model has no such number"};
  const auto speech = LoadSpeech(o.speech, o.seconds);
  if (!speech.ok()) return speech.error();
  results["speech"] = {{"seconds", static_cast<double>(speech.value().size()) / 16000},
                       {"repetitions", o.repetitions}};
  results["model"] = ModelJson(*model.value(), n_q);
  const Subject subject{view.value(), weights.value(), model.value(), n_q, speech.value()};
  const Status alone = MeasureAlone(subject, o, results);
  if (!alone.ok()) return alone.error();
  results["memory"] = memory;
  const Status others = MeasureOthers(subject, o, results);
  if (!others.ok()) return others.error();
  return results;
}

Status WriteJson(const std::string& path, const Json& results) {
  auto file = AtomicFile::Create(path);
  if (!file.ok()) return file.error();
  const std::string text = results.dump(2) + "\n";
  const Status written = file.value()->Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return written.ok() ? file.value()->Commit() : written;
}

int Fail(const std::string& message, int code) {
  Say(message);
  return code;
}

int Main(int argc, char** argv) {
  Options o;
  cxxopts::Options options = Describe(o);
  const auto parsed = options.parse(argc, argv);
  if (parsed.count("help") > 0) return std::printf("%s%s", options.help().c_str(), kExamples), 0;
  if (!parsed.unmatched().empty()) return Fail("takes no \"" + parsed.unmatched()[0] + "\"; see --help", 2);
  const std::string wrong = Check(o);
  if (!wrong.empty()) return Fail(wrong, 2);
  if (o.quick) Quicken(o);
  const auto results = Measure(o);
  if (!results.ok()) return Fail(results.message(), 1);
  PrintResults(results.value());
  const Status written = o.json.empty() ? Status() : WriteJson(o.json, results.value());
  return written.ok() ? 0 : Fail(written.message(), 1);
}

}  // namespace
}  // namespace quaver::bench

int main(int argc, char** argv) {
  try {
    return quaver::bench::Main(argc, argv);
  } catch (const std::exception& error) {  // of cxxopts (usage), the file system, LibTorch
    std::fprintf(stderr, "quaver_bench: %s\n", error.what());
    return 2;
  }
}
