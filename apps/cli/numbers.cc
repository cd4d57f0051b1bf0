#include "apps/cli/numbers.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "codec/util/format.h"

namespace quaver {

std::optional<double> ParseThousands(std::string_view text) {
  const char* const end = text.data() + text.size();
  double value = 0;
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc() && rest != end && (*rest == 'k' || *rest == 'K')) {
    value *= 1000;
    ++rest;
  }
  if (problem == std::errc() && rest == end && std::isfinite(value) && value > 0) return value;
  return std::nullopt;
}

Result<int> ParseSampleRate(const std::string& option, const std::string& text, int low, int high) {
  constexpr double kRounding = 1e-6;  // Hz: 44.1k is no whole number in binary
  const auto value = ParseThousands(text);
  if (!value || std::abs(*value - std::round(*value)) > kRounding)
    return Error{option + " " + text + ": not a sample rate; write 48000, 48k or 44.1k (whole Hz)"};
  if (std::round(*value) < low || std::round(*value) > high)
    return Error{option + " " + text + Format(": must be within %d .. %d Hz", low, high)};
  return static_cast<int>(std::lround(*value));
}

}  // namespace quaver
