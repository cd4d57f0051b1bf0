#include "bindings/gstreamer/pause_detector.h"

#include <algorithm>
#include <cmath>

namespace quaver_gst {
namespace {

constexpr double kFramesASecond = 50;
constexpr double kRise = 3 / kFramesASecond;  // dB a frame
constexpr double kFall = 1 / kFramesASecond;
constexpr double kSilence = -60;  // dBFS
constexpr double kQuietest = -100;
constexpr double kAboveBackground = 8;  // dB
constexpr double kBelowLoudest = 25;
constexpr int kHangover = 10;  // frames

double Level(std::span<const float> frame) {
  double energy = 0;
  for (const float x : frame) energy += static_cast<double>(x) * x;
  const double mean = frame.empty() ? 0 : energy / static_cast<double>(frame.size());
  return std::isfinite(mean) ? std::max(10 * std::log10(mean + 1e-12), kQuietest) : 0;
}

}  // namespace

bool PauseDetector::Add(std::span<const float> frame) {
  const double level = Level(frame);
  background_ = std::min(level, background_ + kRise);
  loudest_ = std::max({level, loudest_ - kFall, kSilence});
  const bool quiet =
      level < kSilence || (level < background_ + kAboveBackground && level < loudest_ - kBelowLoudest);
  quiet_frames_ = quiet ? std::min(quiet_frames_ + 1, kHangover + 1) : 0;
  return quiet_frames_ > kHangover;
}

}  // namespace quaver_gst
