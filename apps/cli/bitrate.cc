#include "apps/cli/bitrate.h"

#include <charconv>
#include <cmath>

#include "codec/encode/bitrate.h"

namespace quaver {

Result<double> ParseBitrate(const std::string& text) {
  const char* const end = text.data() + text.size();
  double value = 0;
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  double unit = 1;
  if (problem == std::errc() && rest != end && (*rest == 'k' || *rest == 'K')) {
    unit = 1000;
    ++rest;
  }
  value *= unit;
  if (problem == std::errc() && rest == end && std::isfinite(value) && value > 0) return value;
  return Error{"--bitrate " + text + ": not a bit rate; write 3000, 3k or 1.5k"};
}

Result<int> TokensFor(const std::string& bitrate, const Model& model) {
  const auto rate = ParseBitrate(bitrate);
  if (!rate.ok()) return rate.error();
  const auto expected = ExpectedBitrates(model);
  if (!expected.ok()) return expected.error();
  const auto n_q = TokensForBitrate(rate.value(), expected.value());
  return n_q.ok() ? n_q : Error{"--bitrate " + bitrate + ": " + n_q.message()};
}

}  // namespace quaver
