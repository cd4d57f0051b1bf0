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
  Set(file, {fraction, seconds});
  Draw();
}

void Progress::Finish(size_t file) {
  if (!console_.talkative()) return;
  const std::lock_guard lock(mutex_);
  Set(file, {1, files_[file].seconds});
  Draw();
}

void Progress::Set(size_t file, File now) {
  now.fraction = std::min(1.0, now.fraction);
  File& before = files_[file];
  done_ += std::max(0.0, now.fraction) - std::max(0.0, before.fraction);
  seconds_ += now.seconds - before.seconds;
  before = now;
}

void Progress::Draw() {
  const auto now = Clock::now();
  if (now - drawn_ < kRedraw) return;
  drawn_ = now;
  console_.Bar(Line(std::chrono::duration<double>(now - start_).count()));
}

// Of many files, one whose length nobody knows counts when it is done.
std::string Progress::Line(double elapsed) const {
  const double done = std::clamp(done_ / static_cast<double>(files_.size()), 0.0, 1.0);
  const bool known = files_.size() > 1 || files_.front().fraction >= 0;
  std::string pace;
  if (seconds_ > 0)
    pace = "  " + ClockText(seconds_) + Format(" of audio, %.1f x real time", seconds_ / elapsed);
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
