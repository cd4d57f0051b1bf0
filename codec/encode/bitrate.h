// Bit rates and numbers of tokens.
#ifndef QUAVER_CODEC_ENCODE_BITRATE_H_
#define QUAVER_CODEC_ENCODE_BITRATE_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/status.h"

namespace quaver {

// Expected payload in bits per second at n_q = 1 .. groups, in packets of 25 frames: the metadata
// "payload_bps" of the model (a JSON array, measured when it was exported), or frames a second * n_q *
// log2(codes) if the model has none. An error when the metadata are no such array.
// They are parsed when the model is made, so asking for them allocates nothing.
Result<std::vector<double>> ParseExpectedBitrates(const std::map<std::string, std::string>& metadata,
                                                  size_t groups, int codes, double frame_rate);
const Result<std::vector<double>>& ExpectedBitrates(const Model& model);

// The largest n_q whose expected payload is at most `bits_per_second`; an error when even one token a frame
// is more.
Result<int> TokensForBitrate(double bits_per_second, const std::vector<double>& expected);

}  // namespace quaver

#endif  // QUAVER_CODEC_ENCODE_BITRATE_H_
