#include "apps/live/live_ui.h"

#include <algorithm>
#include <array>

namespace quaver {
namespace {

constexpr uint64_t kRecent = 50;  // frames over which the bit rate is taken: a second
constexpr std::array<float, 12> kLosses = {0,    0.01F, 0.02F, 0.05F, 0.1F, 0.15F,
                                           0.2F, 0.3F,  0.4F,  0.5F,  0.7F, 1};

void StepLoss(int by, std::atomic<float>& loss) {
  const auto at = std::lower_bound(kLosses.begin(), kLosses.end(), loss.load() - 1e-6F) - kLosses.begin();
  const auto last = static_cast<std::ptrdiff_t>(kLosses.size()) - 1;
  loss.store(kLosses[static_cast<size_t>(std::clamp<std::ptrdiff_t>(at + by, 0, last))]);
}

void Toggle(std::atomic<bool>& flag) { flag.store(!flag.load()); }

}  // namespace

bool ApplyKey(Key key, int groups, LiveControls& controls) {
  const int n_q = controls.n_q.load();
  switch (key) {
    case Key::kUp:
      controls.n_q.store(std::min(n_q + 1, groups));
      break;
    case Key::kDown:
      controls.n_q.store(std::max(n_q - 1, 1));
      break;
    case Key::kLossUp:
      StepLoss(1, controls.loss);
      break;
    case Key::kLossDown:
      StepLoss(-1, controls.loss);
      break;
    case Key::kBypass:
      Toggle(controls.bypass);
      break;
    case Key::kMute:
      Toggle(controls.mute);
      break;
    case Key::kQuit:
      return true;
  }
  return false;
}

LiveUi::LiveUi(bool picture, int groups, Console& console, LiveControls& controls, const LiveStats& stats)
    : groups_(groups), console_(console), controls_(controls), stats_(stats) {
  if (!picture) return;
  terminal_ = std::make_unique<RawTerminal>();
  view_ = std::make_unique<LiveView>();
}

bool LiveUi::Keys() {
  if (terminal_ == nullptr) return false;
  bool quit = false;
  for (const Key key : terminal_->Keys()) quit = ApplyKey(key, groups_, controls_) || quit;
  return quit;
}

double LiveUi::RecentBps(const LiveReport& report) {
  const uint64_t frames = stats_.frames.load();
  const uint64_t bytes = stats_.payload_bytes.load();
  if (frames - frames_before_ >= kRecent || recent_bps_ == 0) {
    const double rate = report.seconds > 0 ? 50 : 0;
    const double passed = static_cast<double>(std::max<uint64_t>(1, frames - frames_before_));
    recent_bps_ = 8 * static_cast<double>(bytes - bytes_before_) * rate / passed;
    frames_before_ = frames;
    bytes_before_ = bytes;
  }
  return recent_bps_;
}

void LiveUi::Draw(const LiveReport& report) {
  if (view_ == nullptr) return;
  ViewState state;
  state.report = report;
  state.in_peak = stats_.in.peak();
  state.out_peak = stats_.out.peak();
  state.n_q = controls_.n_q.load();
  state.groups = groups_;
  state.recent_bps = RecentBps(report);
  state.loss = static_cast<double>(controls_.loss.load());
  state.bypass = controls_.bypass.load();
  state.mute = controls_.mute.load();
  view_->Draw(ViewLines(state, TerminalWidth()));
}

void LiveUi::Print(const std::string& message) {
  if (view_ != nullptr) {
    view_->Print(message);
  } else {
    console_.Error(message);
  }
}

}  // namespace quaver
