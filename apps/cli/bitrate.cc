#include "apps/cli/bitrate.h"

#include "apps/cli/numbers.h"
#include "codec/encode/bitrate.h"
#include "codec/stream_encoder.h"
#include "codec/util/format.h"

namespace quaver {
namespace {

constexpr double kWithin = 1.05;  // speech differs from what is expected of it

}  // namespace

Result<double> ParseBitrate(const std::string& text) {
  if (const auto value = ParseThousands(text)) return *value;
  return Error{"--bitrate " + text + ": not a bit rate; write 3000, 3k or 1.5k"};
}

std::string BeyondTheModel(const std::string& bitrate, const Model& model, int frames_per_packet) {
  const auto rate = ParseBitrate(bitrate);
  const auto most = ExpectedBitrate(model, model.groups(), frames_per_packet);
  if (!rate.ok() || !most.ok() || rate.value() <= kWithin * most.value()) return "";
  return Format(
      "--bitrate %s is more than the model can use: it will be about %.1f kbit/s, all %d tokens a frame",
      bitrate.c_str(), 1e-3 * most.value(), model.groups());
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
