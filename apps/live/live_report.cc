#include "apps/live/live_report.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "codec/model/config.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

uint64_t Read(const std::atomic<uint64_t>& counter) { return counter.load(std::memory_order_relaxed); }
double Read(const std::atomic<float>& value) {
  return static_cast<double>(value.load(std::memory_order_relaxed));
}
unsigned long long Number(uint64_t value) { return value; }  // for printf

double ProcessSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long ResidentKib() {
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re"); file != nullptr) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * (::sysconf(_SC_PAGESIZE) / 1024);
}

LatencyParts Latency(const LiveStats& stats, const LiveCodec& codec, const DeviceFigures& devices) {
  const double rate = codec.model().sample_rate();
  const auto overlap = static_cast<size_t>(codec.model().delay());
  LatencyParts parts;
  parts.algorithm = static_cast<double>(codec.frame() + overlap) / rate;
  parts.resampling = Read(stats.resampler_delay);
  parts.network = static_cast<double>(codec.delay() - overlap) / rate;
  parts.buffers = Read(stats.capture_wait) + Read(stats.playout_wait);
  parts.devices = devices.input_latency + devices.output_latency;
  parts.codec = stats.packet_times.Quantile(0.5);
  return parts;
}

}  // namespace

LiveReport MakeReport(const LiveStats& stats, const LiveCodec& codec, const DeviceFigures& devices,
                      double seconds) {
  LiveReport report;
  report.seconds = seconds;
  report.frames = Read(stats.frames);
  const double frames = report.frames == 0 ? 1 : static_cast<double>(report.frames);
  report.tokens_per_frame = static_cast<double>(Read(stats.tokens)) / frames;
  report.payload_bps =
      8 * static_cast<double>(Read(stats.payload_bytes)) * codec.model().frame_rate() / frames;
  report.lost = Read(stats.lost);
  report.late = Read(stats.late);
  report.concealed = Read(stats.concealed);
  report.packet_p50 = stats.packet_times.Quantile(0.5);
  report.packet_p99 = stats.packet_times.Quantile(0.99);
  report.packet_longest = stats.packet_times.longest();
  report.codec_load = seconds > 0 ? 1e-9 * static_cast<double>(Read(stats.busy_ns)) / seconds : 0;
  report.process_load = seconds > 0 ? ProcessSeconds() / seconds : 0;
  report.deadline_misses = Read(stats.slow) + devices.underruns;
  report.skipped = Read(stats.skipped);
  report.drift_ppm = Read(stats.drift_ppm);
  report.resident_kib = ResidentKib();
  report.latency = Latency(stats, codec, devices);
  report.devices = devices;
  return report;
}

std::string ReportText(const LiveReport& r) {
  const LatencyParts& l = r.latency;
  std::string text = Format("%s of speech, %.2f kbit/s of payload written, %.1f tokens a frame\n",
                            ClockText(r.seconds).c_str(), 1e-3 * r.payload_bps, r.tokens_per_frame);
  text += Format("packets: %llu, %llu lost, %llu late, %llu frames concealed\n", Number(r.frames),
                 Number(r.lost), Number(r.late), Number(r.concealed));
  text += Format("time of a packet: p50 %.2f ms, p99 %.2f ms, longest %.2f ms; %.1f %% of a core\n",
                 1e3 * r.packet_p50, 1e3 * r.packet_p99, 1e3 * r.packet_longest, 100 * r.process_load);
  text += Format(
      "deadline misses %llu, underruns %llu, overruns %llu, device xruns %llu, frames skipped %llu, "
      "devices reopened %llu\n",
      Number(r.deadline_misses), Number(r.devices.underruns), Number(r.devices.overruns),
      Number(r.devices.device_xruns), Number(r.skipped), Number(r.devices.reopened));
  text += Format(
      "latency %.0f ms: algorithm %.1f, codec %.1f, resampling %.1f, buffers %.1f, network %.1f, "
      "devices %.1f; clocks %+.0f ppm apart\n",
      1e3 * l.Sum(), 1e3 * l.algorithm, 1e3 * l.codec, 1e3 * l.resampling, 1e3 * l.buffers, 1e3 * l.network,
      1e3 * l.devices, r.drift_ppm);
  return text;
}

std::string ReportJson(const LiveReport& r) {
  const LatencyParts& l = r.latency;
  const nlohmann::ordered_json latency = {{"sum", 1e3 * l.Sum()},       {"algorithm", 1e3 * l.algorithm},
                                          {"codec", 1e3 * l.codec},     {"resampling", 1e3 * l.resampling},
                                          {"buffers", 1e3 * l.buffers}, {"network", 1e3 * l.network},
                                          {"devices", 1e3 * l.devices}};
  const nlohmann::ordered_json json = {{"seconds", r.seconds},
                                       {"input", r.devices.input},
                                       {"output", r.devices.output},
                                       {"packets", r.frames},
                                       {"tokens_per_frame", r.tokens_per_frame},
                                       {"payload_bps", r.payload_bps},
                                       {"lost", r.lost},
                                       {"late", r.late},
                                       {"concealed", r.concealed},
                                       {"packet_ms_p50", 1e3 * r.packet_p50},
                                       {"packet_ms_p99", 1e3 * r.packet_p99},
                                       {"packet_ms_longest", 1e3 * r.packet_longest},
                                       {"codec_load", r.codec_load},
                                       {"process_load", r.process_load},
                                       {"deadline_misses", r.deadline_misses},
                                       {"underruns", r.devices.underruns},
                                       {"overruns", r.devices.overruns},
                                       {"device_xruns", r.devices.device_xruns},
                                       {"skipped", r.skipped},
                                       {"reopened", r.devices.reopened},
                                       {"drift_ppm", r.drift_ppm},
                                       {"resident_kib", r.resident_kib},
                                       {"latency_ms", latency}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace quaver
