#include "apps/cli/time_point.h"

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>

namespace quaver {
namespace {

constexpr double kMaxSeconds = 1e9;

template <typename Number>
bool Read(std::string_view text, Number& value) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size();
}

// [[hours:]minutes:]seconds
bool ReadClock(std::string_view text, double& seconds) {
  seconds = 0;
  for (int fields = 1;; ++fields) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      double last = 0;
      if (!Read(text, last) || !std::isfinite(last) || std::signbit(last) || (fields > 1 && last >= 60))
        return false;
      seconds += last;
      return seconds <= kMaxSeconds;
    }
    uint32_t whole = 0;
    if (fields == 3 || !Read(text.substr(0, colon), whole) || (fields > 1 && whole >= 60)) return false;
    seconds = (seconds + whole) * 60;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

uint64_t TimePoint::At(int rate) const {
  return is_samples ? samples : static_cast<uint64_t>(std::floor(seconds * rate + 0.5));
}

Result<TimePoint> ParseTimePoint(const std::string& option, const std::string& text) {
  TimePoint point;
  point.is_samples = text.ends_with('s');
  const bool valid = point.is_samples
                         ? Read(std::string_view(text).substr(0, text.size() - 1), point.samples) &&
                               point.samples <= uint64_t{1} << 48
                         : ReadClock(text, point.seconds);
  if (valid) return point;
  return Error{option + " " + text + ": write seconds (12.5), a time (1:02:03.5) or samples (48000s)"};
}

}  // namespace quaver
