#include "apps/live/live_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/cli/progress.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr int kMeter = 24;         // characters
constexpr double kQuietest = -60;  // dB: the left end of a meter

unsigned long long Number(uint64_t value) { return value; }  // for printf

std::string Meter(const char* name, float peak) {
  const double db = std::max(kQuietest, 20 * std::log10(std::max(1e-9, static_cast<double>(peak))));
  const double share = std::clamp(1 - db / kQuietest, 0.0, 1.0);
  const auto filled = static_cast<size_t>(std::lround(share * kMeter));
  return std::string(name) + " [" + std::string(filled, '#') + std::string(kMeter - filled, '-') +
         Format("] %4.0f dB", db) + (peak >= 1 ? " CLIPS" : "");
}

std::string Heard(const ViewState& s) {
  if (s.mute) return "  MUTED";
  return s.bypass ? "  BYPASS: the original" : "";
}

}  // namespace

std::vector<std::string> ViewLines(const ViewState& s, int width) {
  const LiveReport& r = s.report;
  const LatencyParts& l = r.latency;
  std::vector<std::string> lines = {
      Meter("in ", s.in_peak) + "  " + r.devices.input,
      Meter("out", s.out_peak) + "  " + r.devices.output + Heard(s),
      Format("%5.2f kbit/s, %d of %d tokens a frame   loss %.0f %%: %llu lost, %llu late, %llu concealed",
             1e-3 * s.recent_bps, s.n_q, s.groups, 100 * s.loss, Number(r.lost), Number(r.late),
             Number(r.concealed)),
      Format("packet p50 %.2f ms, p99 %.2f ms   load %.0f %% of a core   deadline misses %llu",
             1e3 * r.packet_p50, 1e3 * r.packet_p99, 100 * r.process_load, Number(r.deadline_misses)),
      Format("overruns %llu, underruns %llu, device %llu, skipped %llu   clocks %+.0f ppm   %s",
             Number(r.devices.overruns), Number(r.devices.underruns), Number(r.devices.device_xruns),
             Number(r.skipped), r.drift_ppm, ClockText(r.seconds).c_str()),
      Format("latency %.0f ms: algorithm %.0f, codec %.0f, resampling %.0f, buffers %.0f, network %.0f, "
             "devices %.0f",
             1e3 * l.Sum(), 1e3 * l.algorithm, 1e3 * l.codec, 1e3 * l.resampling, 1e3 * l.buffers,
             1e3 * l.network, 1e3 * l.devices),
      "up/down bit rate   [ ] loss   b bypass   m mute   q quit"};
  for (std::string& line : lines)
    line.resize(std::min(line.size(), static_cast<size_t>(std::max(1, width - 1))));
  return lines;
}

void LiveView::Clear() {
  if (drawn_ > 0) std::printf("\x1b[%zuA\r\x1b[J", drawn_);
  drawn_ = 0;
}

void LiveView::Draw(const std::vector<std::string>& lines) {
  Clear();
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
  drawn_ = lines.size();
  std::fflush(stdout);
}

void LiveView::Print(const std::string& line) {
  Clear();
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

LiveView::~LiveView() { std::fflush(stdout); }

}  // namespace quaver
