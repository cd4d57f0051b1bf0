#include "codec/encode/bitrate.h"

#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/model/config.h"
#include "codec/util/format.h"

namespace quaver {

Result<std::vector<double>> ExpectedBitrates(const Model& model) {
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
               " positive numbers; choose tokens instead of a bit rate"};
}

Result<int> TokensForBitrate(double bits_per_second, const std::vector<double>& expected) {
  for (size_t n_q = expected.size(); n_q > 0; --n_q) {
    if (expected[n_q - 1] <= bits_per_second) return static_cast<int>(n_q);
  }
  return Error{Format("%.0f bits per second are too few: one token a frame already takes about %.0f",
                      bits_per_second, expected.empty() ? 0.0 : expected.front())};
}

}  // namespace quaver
