// From a bit rate to a number of tokens a frame.
#ifndef QUAVER_APPS_CLI_BITRATE_H_
#define QUAVER_APPS_CLI_BITRATE_H_

#include <string>

#include "codec/codec.h"
#include "codec/status.h"

namespace quaver {

// Bits per second: "3000", "3k", "1.5k"; positive and finite.
Result<double> ParseBitrate(const std::string& text);

// A warning if all tokens of a frame together take less than --bitrate, else "". It says what they take.
std::string BeyondTheModel(const std::string& bitrate, const Model& model, int frames_per_packet);

// What --bitrate means for a model (codec/encode/bitrate.h).
Result<int> TokensFor(const std::string& bitrate, const Model& model);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_BITRATE_H_
