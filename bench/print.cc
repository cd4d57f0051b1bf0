#include "bench/print.h"

#include <cstdio>
#include <string>
#include <utility>

namespace quaver::bench {
namespace {

using Json = nlohmann::ordered_json;

double Number(const Json& value) { return value.get<double>(); }
double Milliseconds(const Json& value) { return Number(value) * 1e3; }
double Microseconds(const Json& value) { return Number(value) * 1e6; }
double Kibibytes(const Json& value) { return Number(value) / 1024; }
double Mebibytes(const Json& value) { return Number(value) / 1048576; }
std::string Text(const Json& value) { return value.get<std::string>(); }

void PrintMachine(const Json& machine) {
  std::printf("Machine      %s, %d cores, load %.2f, %s\n", Text(machine["processor"]).c_str(),
              machine["cores"].get<int>(), Number(machine["load"]), Text(machine["compiler"]).c_str());
}

void PrintModel(const Json& model) {
  std::printf("Model        %s, %.2f M parameters, %.3f GMAC a second of audio, %d tokens a frame\n",
              Text(model["name"]).c_str(), Number(model["parameters"]) / 1e6,
              Number(model["macs_per_second"]) / 1e9, model["tokens"].get<int>());
}

void PrintPeak(const Json& peak) {
  std::printf("FMA peak     %.1f GMAC/s, registers only (%s)\n", Number(peak["fma"]) / 1e9,
              Text(peak["fma_target"]).c_str());
  for (const auto& [library, rate] : peak["sgemm_by"].items()) {
    std::printf("SGEMM        %.1f GMAC/s, one thread, best of 256, 512, 1024 (%s)\n", Number(rate) / 1e9,
                library.c_str());
  }
  const double file = Number(peak["file_macs"]);
  std::printf("File mode    %.1f GMAC/s, %.0f %% of the FMA peak", file / 1e9,
              100 * file / Number(peak["fma"]));
  if (peak.contains("sgemm")) std::printf(", %.0f %% of SGEMM", 100 * file / Number(peak["sgemm"]));
  std::printf("\n");
}

void PrintSpread(const Json& spread) {
  std::printf("  %8.1f (%.1f .. %.1f)", Number(spread["median"]), Number(spread["low"]),
              Number(spread["high"]));
}

void PrintSpeed(const Json& speed) {
  std::printf(
      "\nx real time, median (quartiles)      encode                  decode                  both\n");
  for (const Json& row : speed) {
    std::printf("  %-34s", Text(row["title"]).c_str());
    for (const char* part : {"encode", "decode", "both"}) PrintSpread(row[part]);
    if (Number(row["payload_bps"]) > 0) std::printf("  %.2f kbit/s", Number(row["payload_bps"]) / 1e3);
    if (row.contains("tokens_equal")) std::printf("  tokens %.3f %%", 100 * Number(row["tokens_equal"]));
    std::printf("\n");
  }
}

void PrintRatios(const Json& ratios) {
  std::printf("\nTimes as fast, repetition by repetition\n");
  for (const auto& [name, ratio] : ratios.items()) {
    std::printf("  %-34s", name.c_str());
    for (const char* part : {"encode", "decode", "both"}) {
      const Json& spread = ratio[part];
      std::printf("  %8.3f (%.3f .. %.3f)", Number(spread["median"]), Number(spread["low"]),
                  Number(spread["high"]));
    }
    std::printf("\n");
  }
}

void PrintPackets(const Json& packets) {
  std::printf("\nA packet of one frame, ms            p50      p99    worst   (%d packets)\n",
              packets["packets"].get<int>());
  for (const char* part : {"encode", "decode", "both"}) {
    const Json& times = packets[part];
    std::printf("  %-30s %8.3f %8.3f %8.3f\n", part, Milliseconds(times["p50"]), Milliseconds(times["p99"]),
                Milliseconds(times["worst"]));
  }
}

void PrintStages(const Json& stages) {
  double total = 0;
  for (const Json& stage : stages) total += Microseconds(stage["median"]);
  std::printf("\nStages of a packet, us, median (quartiles); %.0f in all\n", total);
  for (const Json& stage : stages) {
    const double median = Microseconds(stage["median"]);
    std::printf("  %-7s %-22s %8.1f (%.1f .. %.1f)  %4.1f %%\n", Text(stage["half"]).c_str(),
                Text(stage["name"]).c_str(), median, Microseconds(stage["low"]), Microseconds(stage["high"]),
                100 * median / total);
  }
}

void PrintMemory(const Json& memory) {
  std::printf("\nState        %.1f KiB a stream: encoder %.1f, decoder %.1f\n",
              Kibibytes(memory["encoder_state"]) + Kibibytes(memory["decoder_state"]),
              Kibibytes(memory["encoder_state"]), Kibibytes(memory["decoder_state"]));
  std::printf("Weights      %.1f MiB as the runtime keeps them\n", Mebibytes(memory["matrices"]));
  std::printf(
      "Memory       model %.1f MiB; encoder and decoder with scratch: %.2f MiB for a stream, %.2f for a "
      "file\n",
      Mebibytes(memory["model"]), Mebibytes(memory["stream"]), Mebibytes(memory["file"]));
}

void PrintStreamRun(const Json& run, const char* title) {
  std::printf("  %-18s %5d streams, %6d ticks, %d late; ms a tick: p50 %.2f, p99 %.2f, worst %.2f\n", title,
              run["streams"].get<int>(), run["ticks"].get<int>(), run["late"].get<int>(),
              Milliseconds(run["p50"]), Milliseconds(run["p99"]), Milliseconds(run["worst"]));
}

void PrintStreams(const Json& streams) {
  std::printf("\nStreams, a packet each 20 ms there and back, %d threads\n", streams["threads"].get<int>());
  PrintStreamRun(streams["one"], "alone");
  PrintStreamRun(streams["run"], "together");
  std::printf("  the most with at most 0.1 %% of the ticks late: %d\n", streams["most"].get<int>());
}

void PrintColdStart(const Json& cold) {
  std::printf("\nCold start on a clip of 1 s, ms, median (quartiles)\n");
  for (const char* program : {"quaver", "opusenc"}) {
    if (!cold.contains(program)) continue;
    const Json& run = cold[program];
    std::printf("  %-12s %8.1f (%.1f .. %.1f)\n", program, Milliseconds(run["median"]),
                Milliseconds(run["low"]), Milliseconds(run["high"]));
  }
  if (cold.contains("ratio")) {
    std::printf("  quaver takes %.2f times as long\n", Number(cold["ratio"]));
  } else {
    std::printf("  no opusenc on the PATH (Debian: opus-tools)\n");
  }
}

}  // namespace

void PrintResults(const Json& results) {
  const std::pair<const char*, void (*)(const Json&)> sections[] = {
      {"machine", PrintMachine},     {"model", PrintModel},   {"peak", PrintPeak},
      {"speed", PrintSpeed},         {"ratios", PrintRatios}, {"packet", PrintPackets},
      {"stages", PrintStages},       {"memory", PrintMemory}, {"streams", PrintStreams},
      {"cold_start", PrintColdStart}};
  for (const auto& [name, print] : sections) {
    if (results.contains(name)) print(results[name]);
  }
}

}  // namespace quaver::bench
