#include "apps/cli/progress.h"

#include <algorithm>
#include <cmath>

#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr int kBarWidth = 30;  // characters
constexpr auto kRedraw = std::chrono::milliseconds(100);

}  // namespace

Progress::Progress(Console& console, size_t files) : console_(console), files_(files) {}

void Progress::Update(size_t file, double fraction, double seconds) {
  if (!console_.talkative()) return;
  const std::lock_guard lock(mutex_);
  files_[file] = {fraction, seconds};
  const auto now = Clock::now();
  if (now - drawn_ < kRedraw) return;
  drawn_ = now;
  console_.Bar(Line(std::chrono::duration<double>(now - start_).count()));
}

std::string Progress::Line(double elapsed) const {
  double done = 0;
  double seconds = 0;
  bool known = true;
  for (const File& file : files_) {
    known = known && file.fraction >= 0;
    done += std::min(1.0, file.fraction) / static_cast<double>(files_.size());
    seconds += file.seconds;
  }
  std::string pace;
  if (seconds > 0)
    pace = "  " + ClockText(seconds) + Format(" of audio, %.1f x real time", seconds / elapsed);
  if (!known) return pace;
  const auto filled = static_cast<size_t>(std::lround(done * kBarWidth));
  std::string line(1, '[');
  line.append(filled, '#').append(kBarWidth - filled, '-').append("] ");
  line += Format("%3.0f %%", 100 * done) + pace;
  return done > 0 ? line + "  ETA " + ClockText(elapsed * (1 - done) / done) : line;
}

std::string ClockText(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 3600) return Format("%ld:%02ld", whole / 60, whole % 60);
  return Format("%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace quaver
