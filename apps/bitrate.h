// From a bit rate to a number of tokens a frame.
#ifndef QUAVER_APPS_BITRATE_H_
#define QUAVER_APPS_BITRATE_H_

#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/status.h"

namespace quaver {

// Bits per second: "3000", "3k", "1.5k"; positive and finite.
Result<double> ParseBitrate(const std::string& text);

// Expected payload in bits per second at n_q = 1 .. groups. The metadata "payload_bps" of the model (a JSON
// array, measured when it was exported), or frames a second * n_q * log2(codes) if the model has none. An
// error when the metadata are no such array.
Result<std::vector<double>> ExpectedPayload(const Model& model);

// The largest n_q whose expected payload is at most `bits_per_second`; an error when even one token a frame
// is more.
Result<int> TokensFor(double bits_per_second, const std::vector<double>& expected);
// The three in one: what --bitrate means for a model.
Result<int> TokensFor(const std::string& bitrate, const Model& model);

}  // namespace quaver

#endif  // QUAVER_APPS_BITRATE_H_
