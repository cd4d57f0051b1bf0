#include "apps/bitrate.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/progress.h"
#include "codec/model/config.h"

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
  return Error{"--bitrate " + text + ": not a bit rate such as 3000, 3k or 1.5k"};
}

Result<std::vector<double>> ExpectedPayload(const Model& model) {
  const auto groups = static_cast<size_t>(model.groups());
  std::vector<double> rates(groups);
  const auto entry = model.metadata().find("payload_bps");
  if (entry == model.metadata().end()) {
    const double token = model.config().frame_rate() * std::log2(model.codes());
    for (size_t i = 0; i < groups; ++i) rates[i] = token * static_cast<double>(i + 1);
    return rates;
  }
  const auto json = nlohmann::json::parse(entry->second, nullptr, false);
  bool valid = json.is_array() && json.size() == groups;
  for (size_t i = 0; valid && i < groups; ++i) {
    valid = json[i].is_number() && json[i].get<double>() > 0;
    if (valid) rates[i] = json[i].get<double>();
  }
  if (valid) return rates;
  return Error{"the model's metadata \"payload_bps\" are not " + std::to_string(groups) +
               " positive numbers; use --tokens instead of --bitrate"};
}

Result<int> TokensFor(double bits_per_second, const std::vector<double>& expected) {
  for (size_t n_q = expected.size(); n_q > 0; --n_q) {
    if (expected[n_q - 1] <= bits_per_second) return static_cast<int>(n_q);
  }
  return Error{Format("--bitrate %.0f: too low, one token a frame already takes about %.0f bits per second",
                      bits_per_second, expected.empty() ? 0.0 : expected.front())};
}

Result<int> TokensFor(const std::string& bitrate, const Model& model) {
  const auto rate = ParseBitrate(bitrate);
  if (!rate.ok()) return rate.error();
  const auto expected = ExpectedPayload(model);
  if (!expected.ok()) return expected.error();
  return TokensFor(rate.value(), expected.value());
}

}  // namespace quaver
