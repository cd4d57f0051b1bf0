// Places in a sound as the command line writes them.
#ifndef QUAVER_APPS_CLI_TIME_POINT_H_
#define QUAVER_APPS_CLI_TIME_POINT_H_

#include <cstdint>
#include <string>

#include "codec/status.h"

namespace quaver {

struct TimePoint {
  double seconds = 0;
  uint64_t samples = 0;  // instead of seconds, if is_samples
  bool is_samples = false;

  // The nearest sample at a rate in Hz.
  uint64_t At(int rate) const;
};

// "12.5" (seconds), "1:30", "1:02:03.25", or "48000s" (samples at the rate of the output); at most 10^9
// seconds. `option` goes into the error.
Result<TimePoint> ParseTimePoint(const std::string& option, const std::string& text);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_TIME_POINT_H_
