// The figures of a live session at one moment, and how they read.
#ifndef QUAVER_APPS_LIVE_LIVE_REPORT_H_
#define QUAVER_APPS_LIVE_LIVE_REPORT_H_

#include <cstdint>
#include <string>

#include "apps/live/live_codec.h"
#include "apps/live/live_stats.h"

namespace quaver {

// What the devices count; over all that were open one after the other.
struct DeviceFigures {
  std::string input;  // names
  std::string output;
  double input_latency = 0;  // seconds
  double output_latency = 0;
  uint64_t overruns = 0;   // blocks of the microphone that the codec did not fetch in time
  uint64_t underruns = 0;  // gaps in the output, since the codec had nothing in time
  uint64_t device_xruns = 0;
  uint64_t reopened = 0;  // times that a device vanished and came back
};

// Where the time from the microphone to the loudspeaker goes, in seconds.
struct LatencyParts {
  double algorithm = 0;   // a frame and the decoder's overlap
  double resampling = 0;  // between the devices' rates and the model's
  double network = 0;     // depth of the jitter buffer
  double buffers = 0;     // rings between codec and devices
  double devices = 0;     // as PortAudio reports them
  double codec = 0;       // computing, half of the packets take longer
  double Sum() const { return algorithm + resampling + network + buffers + devices + codec; }
};

struct LiveReport {
  double seconds = 0;  // since the start
  uint64_t frames = 0;
  double tokens_per_frame = 0;
  double payload_bps = 0;
  uint64_t lost = 0;  // packets
  uint64_t late = 0;
  uint64_t concealed = 0;  // frames
  double packet_p50 = 0;   // seconds
  double packet_p99 = 0;
  double packet_longest = 0;
  double codec_load = 0;    // of one core: the codec thread's
  double process_load = 0;  // the whole program's
  uint64_t deadline_misses = 0;
  uint64_t skipped = 0;
  double drift_ppm = 0;
  long resident_kib = 0;  // memory now
  LatencyParts latency;
  DeviceFigures devices;
};

LiveReport MakeReport(const LiveStats& stats, const LiveCodec& codec, const DeviceFigures& devices,
                      double seconds);

std::string ReportText(const LiveReport& report);
std::string ReportJson(const LiveReport& report);

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_REPORT_H_
