// A few lines at the bottom of the terminal, drawn again and again in place.
#ifndef QUAVER_APPS_LIVE_LIVE_VIEW_H_
#define QUAVER_APPS_LIVE_LIVE_VIEW_H_

#include <string>
#include <vector>

#include "apps/live/live_report.h"

namespace quaver {

struct ViewState {
  LiveReport report;
  float in_peak = 0;
  float out_peak = 0;
  int n_q = 0;
  int groups = 0;
  double recent_bps = 0;  // of the last second
  double loss = 0;
  bool bypass = false;
  bool mute = false;
};

// The lines of the view, each at most `width` characters.
std::vector<std::string> ViewLines(const ViewState& state, int width);

class LiveView {
 public:
  ~LiveView();  // leaves the last picture standing
  void Draw(const std::vector<std::string>& lines);
  // A line above the picture that stays.
  void Print(const std::string& line);

 private:
  void Clear();
  size_t drawn_ = 0;  // lines
};

}  // namespace quaver

#endif  // QUAVER_APPS_LIVE_LIVE_VIEW_H_
