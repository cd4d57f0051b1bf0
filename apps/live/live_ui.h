// The user interface of a session in a terminal: takes keys and draws the view. Without a terminal it only
// prints messages.
#ifndef QUAVER_APPS_LIVE_LIVE_UI_H_
#define QUAVER_APPS_LIVE_LIVE_UI_H_

#include <memory>
#include <string>

#include "apps/cli/console.h"
#include "apps/live/live_stats.h"
#include "apps/live/live_view.h"
#include "apps/live/terminal.h"

namespace quaver {

// What a key does to the controls; tokens a frame stay within 1 .. groups. True: the key for the end.
bool ApplyKey(Key key, int groups, LiveControls& controls);

class LiveUi {
 public:
  // `picture`: draw the view (standard output is a terminal).
  LiveUi(bool picture, int groups, Console& console, LiveControls& controls, const LiveStats& stats);

  // Takes the keys pressed since the last call. True: the end is wanted.
  bool Keys();
  void Draw(const LiveReport& report);
  void Print(const std::string& message);  // a line that stays

 private:
  double RecentBps(const LiveReport& report);

  int groups_;
  Console& console_;
  LiveControls& controls_;
  const LiveStats& stats_;
  std::unique_ptr<RawTerminal> terminal_;  // both null without a picture
  std::unique_ptr<LiveView> view_;
  uint64_t frames_before_ = 0;
  uint64_t bytes_before_ = 0;
  double recent_bps_ = 0;
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_UI_H_
